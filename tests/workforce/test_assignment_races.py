"""Everything that touches a workstream's work, at once: refused or done, never stuck, and the promises hold (R7)."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM
from tests.support.parts import assign, owner_of, stream
from tests.support.races import at_once, errors
from tests.support.work import give
from workforce.models import Agent, Assignment, AssignmentNeed, Task, Workstream
from workforce.rules.assignments import needs_dri
from workforce.rules.refusals import Refusal
from workforce.rules.tasks import closes_a_circle
from workforce.services import agents, assignments, tasks, workstreams

NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ROUNDS, THREADS = 6, 6


class Play:
    """One organisation with two pods, two workstreams, tasks and parts; and random things to do to them."""

    def __init__(self, organization, owner, seed):
        self.organization, self.owner, self.random = organization, owner, random.Random(seed)
        self.pods = [TeamFactory(organization=organization, name=name) for name in ("Billing", "Support")]
        self.agents = [
            AgentFactory(organization=organization, team=self.pods[0], owner_user=owner, agent_name=f"a{n}")
            for n in range(4)
        ]
        self.streams = [stream(organization, name, now=NOW) for name in ("One", "Two")]
        self.tasks = [give(agent, now=NOW, workstream_id=self.streams[0].pk) for agent in self.agents]
        for agent in self.agents:
            assign(agent, self.streams[1], now=NOW)
        self.here = {"organization": organization, "by": SYSTEM, "now": LATER}

    def deed(self):
        """Chosen now, done in a thread."""
        pick = self.random.choice
        verb, agent, task, place = pick(self.verbs), pick(self.agents), pick(self.tasks), pick(self.streams)
        part, other = pick(list(Assignment.objects.open())), pick(list(Assignment.objects.open()))
        team, dri = pick(self.pods), pick([None, self.owner.pk])
        return {
            "reassign": lambda: tasks.reassign(**self.here, task_id=task.pk, agent_id=agent.pk),
            "enter": lambda: tasks.edit(**self.here, task_id=task.pk, changes={"workstream_id": place.pk}),
            "hand off": lambda: assignments.hand_off(**self.here, assignment_id=part.pk, agent_id=agent.pk, reason="x"),
            "wait": lambda: assignments.edit(**self.here, assignment_id=part.pk, changes={"needs": [other.pk]}),
            "assign": lambda: assign(agent, place, "reviewer", needs=[part.pk, other.pk], now=LATER),
            "move": lambda: agents.edit(**self.here, agent_id=agent.pk, changes={"team": team}),
            "dri": lambda: workstreams.edit(**self.here, workstream_id=place.pk, changes={"dri_user": dri}),
            "block": lambda: assignments.block(**self.here, assignment_id=part.pk, code="policy"),
        }[verb]

    verbs = ("reassign", "enter", "hand off", "wait", "assign", "move", "dri", "block")

    def check(self):
        for place in Workstream.objects.all():
            open_ones = Assignment.objects.open().filter(workstream=place)
            pods = open_ones.values_list("agent__team", flat=True)
            assert not needs_dri(pods, has_dri=place.dri is not None), place
        for task in Task.objects.all():
            owner = owner_of(task)
            assert (owner.agent_id, owner.workstream_id) == (task.agent_id, task.workstream_id)
        edges: dict = {}
        for waiting, needed in AssignmentNeed.objects.values_list("assignment_id", "needs_id"):
            edges.setdefault(waiting, []).append(needed)
        assert not [one for one, needed in edges.items() if closes_a_circle(one, needed, edges)]
        assert not AssignmentNeed.objects.filter(needs__status="handoff").exists()
        assert not AssignmentNeed.objects.filter(assignment__status="handoff").exists()
        assert Agent.objects.filter(current_state__in=["assigned", "blocked", "ready"]).count() == len(self.agents)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(2))
def test_promises_hold_whatever_is_done_at_once(organization, alice, seed):
    play = Play(organization, alice, seed)
    done = 0
    for _ in range(ROUNDS):
        outcomes = at_once(*(play.deed() for _ in range(THREADS)))
        unexpected = [error for error in errors(outcomes) if not isinstance(error, Refusal)]
        assert unexpected == []
        done += len(outcomes) - len(errors(outcomes))
        play.check()
    assert done > ROUNDS
