"""Changes of workstreams and assignments are in the audit with who and why; a refusal leaves no trace (P5)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import AgentFactory
from tests.support.actors import person
from tests.support.parts import assign, stream
from tests.support.work import give
from workforce.models import Assignment, AuditEvent, Workstream
from workforce.rules.refusals import Forbidden
from workforce.services import assignments, tasks, workstreams

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


class Stage:
    def __init__(self, agent, by):
        self.agent, self.now = agent, LATER
        self.near = AgentFactory(organization=agent.organization, team=agent.team, owner_user=agent.owner_user)
        self.stream = stream(agent.organization, now=NOW)
        self.closed = stream(agent.organization, "Closed", now=NOW)
        Workstream.objects.filter(pk=self.closed.pk).update(closed_at=NOW)
        self.part = assign(agent, self.stream, "observer", now=NOW)
        self.free = stream(agent.organization, "Free", now=NOW)
        self.task = give(agent, now=NOW, workstream_id=self.stream.pk)
        self.here = {"organization": agent.organization, "by": by, "now": LATER}
        self.it = {**self.here, "assignment_id": self.part.pk}
        self.blocked = assign(self.near, self.stream, "reviewer", now=NOW)
        Assignment.objects.filter(pk=self.blocked.pk).update(status="blocked", blocker_code="policy", blocked_at=NOW)
        self.seen = set(AuditEvent.objects.values_list("pk", flat=True))

    def create(self):
        data = {"agent_id": self.near.pk, "workstream_id": self.stream.pk, "role": "owner"}
        return assignments.create(**self.here, data=data)

    def written(self):
        return list(AuditEvent.objects.exclude(pk__in=self.seen).order_by("at", "id"))


#: Name -> (what is done, the actions it writes, its reason).
CHANGES = {
    "workstreams.create": (
        lambda s: workstreams.create(**s.here, data={"name": "New"}), ["workstream.created"], "",
    ),
    "workstreams.edit": (
        lambda s: workstreams.edit(**s.here, workstream_id=s.stream.pk, changes={"description": "x"}),
        ["workstream.changed"], "",
    ),
    "workstreams.close": (
        lambda s: workstreams.close(**s.here, workstream_id=s.free.pk, reason="Over."), ["workstream.closed"], "Over.",
    ),
    "workstreams.reopen": (
        lambda s: workstreams.reopen(**s.here, workstream_id=s.closed.pk, reason="More."),
        ["workstream.reopened"], "More.",
    ),
    "assignments.create": (Stage.create, ["assignment.created", "agent.assigned"], ""),
    "assignments.edit": (
        lambda s: assignments.edit(**s.it, changes={"percent_complete": 5}), ["assignment.changed"], "",
    ),
    "assignments.edit needs": (
        lambda s: assignments.edit(**s.it, changes={"needs": [s.blocked.pk]}), ["assignment.changed"], "",
    ),
    "assignments.block": (
        lambda s: assignments.block(**s.it, code="policy", note="May I?"), ["assignment.blocked"], "May I?",
    ),
    "assignments.unblock": (
        lambda s: assignments.unblock(**{**s.it, "assignment_id": s.blocked.pk}, reason="Yes."),
        ["assignment.unblocked"], "Yes.",
    ),
    "assignments.complete": (
        lambda s: assignments.complete(**s.it, reason="All."), ["assignment.done"], "All.",
    ),
    "assignments.hand_off": (
        lambda s: assignments.hand_off(**s.it, agent_id=s.near.pk, reason="On leave."),
        ["assignment.handed_off", "assignment.created"], "On leave.",
    ),
    "tasks.cancel": (
        lambda s: tasks.cancel(**s.here, task_id=s.task.pk, reason="Withdrawn."),
        ["task.cancelled", "assignment.done", "agent.made_ready"], "Withdrawn.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_it_writes_what_happened(name, agent, alice):
    call, actions, reason = CHANGES[name]
    stage = Stage(agent, person(alice))
    call(stage)
    events = stage.written()
    assert [event.action for event in events] == actions
    assert {event.reason for event in events if event.action.startswith(("assignment", "workstream"))} == {reason}
    assert {event.actor_id for event in events} == {str(alice.pk)}


@pytest.mark.parametrize("name", CHANGES)
def test_who_may_not_leaves_no_trace(name, agent, vera):
    stage = Stage(agent, person(vera))
    before = list(Assignment.objects.order_by("pk").values()), list(Workstream.objects.order_by("pk").values())
    with pytest.raises(Forbidden):
        CHANGES[name][0](stage)
    assert not stage.written()
    after = list(Assignment.objects.order_by("pk").values()), list(Workstream.objects.order_by("pk").values())
    assert after == before
