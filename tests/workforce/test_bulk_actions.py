"""Owner, pod, pause and retire for many: each for itself, each refusal with its reason (spec R9)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.races import at_once
from workforce.choices import KeyScope
from workforce.models import Agent, AuditEvent, Hold
from workforce.rules.refusals import Invalid
from workforce.services import bulk_actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(organization, pod, olga):
    return [AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name=f"a-{n}") for n in range(3)]


@pytest.fixture
def do(organization, alice, now):
    def call(verb: str, agents: list[Any], *, by: Any = None, **options: Any) -> bulk_actions.Report:
        ids = [getattr(agent, "pk", agent) for agent in agents]
        return getattr(bulk_actions, verb)(
            organization=organization, agent_ids=ids, by=by or person(alice), now=now, **options
        )

    return call


def states() -> dict[str, str]:
    return dict(Agent.objects.values_list("agent_name", "current_state"))


def refusals(report: bulk_actions.Report) -> dict[str, str]:
    return {one.agent_name: one.sentence for one in report.refused}


def test_a_new_owner_for_all(do, three, alice):
    report = do("reassign_owner", [*three, three[0]], owner=alice)
    assert (report.done, report.refused, report.asked) == (["a-0", "a-1", "a-2"], [], 3)
    assert {agent.owner for agent in Agent.objects.all()} == {alice}
    assert [event.action for agent in three for event in audited(agent)] == ["agent.owner_changed"] * 3


def test_an_agent_as_owner_of_all_but_itself_and_its_owner(do, three, agent):
    three[1].owner_user, three[1].owner_agent = None, three[0]
    three[1].save(update_fields=["owner_user", "owner_agent"])
    report = do("reassign_owner", three, owner=three[1])
    assert report.done == ["a-2"]
    assert refusals(report) == {
        "a-0": "a-1 is owned by a-0, directly or through others.",
        "a-1": "An agent cannot own itself.",
    }


def test_another_pod_for_all(do, three, organization):
    growth = TeamFactory(organization=organization, name="Growth")
    assert do("move_pod", three, team=growth).done == ["a-0", "a-1", "a-2"]
    assert {agent.team for agent in Agent.objects.all()} == {growth}


def test_paused_by_hand(do, three, organization, pod, olga):
    gone = AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name="z", current_state="retired")
    do("pause", three[:1], reason="First.")
    report = do("pause", [gone, *three], reason="Prices are wrong.")
    assert report.done == ["a-1", "a-2"]
    assert refusals(report) == {
        "a-0": "a-0 already has an active hold of this kind: paused by hand.",
        "z": "z is retired: there is nothing to hold.",
    }
    assert states() == {"a-0": "paused", "a-1": "paused", "a-2": "paused", "z": "retired"}
    assert sorted(Hold.objects.values_list("reason", flat=True)) == ["First.", "Prices are wrong.", "Prices are wrong."]


def test_retired_where_the_lifecycle_allows(do, three, organization, pod, olga):
    AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name="busy", current_state="executing")
    report = do("retire", list(Agent.objects.all()), reason="Replaced.")
    assert report.done == ["a-0", "a-1", "a-2"]
    assert refusals(report)["busy"].startswith("busy is executing and cannot become retired.")
    assert states() == {"a-0": "retired", "a-1": "retired", "a-2": "retired", "busy": "executing"}
    assert AuditEvent.objects.filter(action="agent.retired", reason="Replaced.").count() == 3


@pytest.mark.parametrize("verb", ["pause", "retire"])
@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("", "Say why"),
        ("  ", "Say why"),
        ("x" * 501, "Use at most 500 characters; this has 501."),
        ("a\x00", "Remove the NUL character."),
    ],
    ids=["none", "blank", "long", "nul"],
)
def test_the_reason_is_asked_for_once(do, three, verb, reason, says):
    with pytest.raises(Invalid) as refused:
        do(verb, three, reason=reason)
    ((path, sentence),) = refused.value.fields
    assert path == "reason" and sentence.startswith(says)
    assert set(states().values()) == {"ready"}


def test_what_is_meant_must_be_there(do, three, other_organization):
    theirs = TeamFactory(organization=other_organization)
    for verb, options, path in (
        ("reassign_owner", {"owner": None}, "owner"),
        ("move_pod", {"team": None}, "team"),
        ("move_pod", {"team": theirs}, "team"),
    ):
        with pytest.raises(Invalid) as refused:
            do(verb, three, **options)
        assert [name for name, _ in refused.value.fields] == [path]


@pytest.mark.parametrize(("number", "says"), [(0, "Select at least one agent."), (501, "Select at most 500 agents")])
def test_the_number_is_bounded(do, number, says):
    with pytest.raises(Invalid) as refused:
        do("pause", [uuid4() for _ in range(number)], reason="x")
    assert refused.value.fields[0][1].startswith(says)


def test_agents_of_others_are_not_there(do, three, other_organization, charlie):
    """Not even their names are told (spec P1)."""
    foreign = AgentFactory(organization=other_organization, agent_name="foreign-01")
    report = do("pause", [foreign, three[0]], reason="x")
    assert report.done == ["a-0"]
    assert [(one.agent_id, one.agent_name, one.sentence) for one in report.refused] == [
        (foreign.pk, "", "There is no such agent in this organisation.")
    ]
    foreign.refresh_from_db()
    assert foreign.current_state == "ready"
    assert refusals(do("reassign_owner", three[:1], owner=charlie)) == {
        "a-0": "This person is not an active member of the organisation."
    }


def test_everyone_only_where_the_matrix_says_so(do, three, organization, olga, lee, vera, now):
    """Owners pause and retire what is theirs; leads change records in their pod; viewers nothing."""
    elsewhere = AgentFactory(
        organization=organization, team=TeamFactory(organization=organization), owner_user=olga, agent_name="e"
    )
    growth = TeamFactory(organization=organization)
    everyone = [*three, elsewhere]
    assert do("move_pod", everyone, team=growth, by=person(olga)).done == []
    assert do("pause", everyone, reason="x", by=person(vera)).done == []
    assert do("pause", everyone, reason="x", by=itself(three[0])).done == []
    assert do("pause", everyone, reason="x", by=key(KeyScope.ROSTER)).done == []
    assert do("pause", everyone, reason="x", by=person(lee)).done == ["a-0", "a-1", "a-2"]
    assert do("retire", everyone, reason="x", by=person(olga)).done == ["a-0", "a-1", "a-2", "e"]
    assert do("reassign_owner", three, owner=lee, by=SYSTEM).done == ["a-0", "a-1", "a-2"]


@pytest.mark.django_db(transaction=True)
def test_two_who_retire_the_same_at_once(do, three):
    first, second = at_once(
        lambda: do("retire", three, reason="One."), lambda: do("retire", list(reversed(three)), reason="Two.")
    )
    assert sorted(first.done + second.done) == ["a-0", "a-1", "a-2"]
    assert len(first.refused) + len(second.refused) == 3
    assert AuditEvent.objects.filter(action="agent.retired").count() == 3
