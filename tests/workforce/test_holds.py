"""Each hold has its own reason, and releasing one frees only that one (R8)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from workforce.choices import CommandKind, HoldKind, KeyScope
from workforce.models import AuditEvent, Command, Hold
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import holds

pytestmark = pytest.mark.django_db


def place(agent, kind, by, now, reason="because", **options):
    return holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=kind, reason=reason, by=by, now=now, **options
    )


def release(agent, kind, by, now, **options):
    return holds.release(organization=agent.organization, agent_id=agent.pk, kind=kind, by=by, now=now, **options)


def active(agent):
    return set(agent.holds.active().values_list("kind", flat=True))


def state(agent):
    agent.refresh_from_db()
    return agent.current_state


def pending(agent):
    return Command.objects.get(agent=agent, superseded_at=None, acknowledged_at=None)


@pytest.mark.parametrize("kind", list(HoldKind))
def test_every_kind_pauses_and_its_release_resumes(agent, now, kind):
    hold = place(agent, kind, SYSTEM, now, reason="Reason.", until=now + timedelta(hours=1))
    assert state(agent) == "paused"
    assert (hold.kind, hold.reason, hold.placed_at, hold.until) == (kind, "Reason.", now, now + timedelta(hours=1))
    assert (hold.placed_by_kind, hold.placed_by_id, hold.placed_by_label) == ("system", "tests", "Tests")
    assert (pending(agent).command, pending(agent).reason) == (CommandKind.PAUSE, "Reason.")
    later = now + timedelta(minutes=5)
    released = release(agent, kind, SYSTEM, later, reason="Over.")
    assert state(agent) == "ready"
    assert (released.pk, released.released_at, released.release_reason) == (hold.pk, later, "Over.")
    assert pending(agent).command == CommandKind.RESUME
    assert [e.action for e in audited(agent)] == ["hold.placed", "agent.paused", "hold.released", "agent.made_ready"]


def test_releasing_one_frees_only_that_one(agent, alice, now):
    kinds = [HoldKind.MANUAL, HoldKind.BUDGET, HoldKind.LEAVE]
    for kind in kinds:
        place(agent, kind, SYSTEM, now)
    for number, kind in enumerate(kinds[:-1], start=1):
        release(agent, kind, person(alice), now)
        assert active(agent) == {k.value for k in kinds[number:]}
        assert state(agent) == "paused"
        assert pending(agent).command == CommandKind.PAUSE, "no runtime hears resume while it is held"
    release(agent, kinds[-1], person(alice), now)
    assert state(agent) == "ready"


def test_a_hold_where_nothing_can_be_paused_waits(organization, pod, olga, now):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="registered")
    place(agent, HoldKind.INCIDENT, SYSTEM, now)
    assert state(agent) == "registered"
    release(agent, HoldKind.INCIDENT, SYSTEM, now)
    assert state(agent) == "registered"


def test_the_same_kind_again_after_release(agent, now):
    first = place(agent, HoldKind.BUDGET, SYSTEM, now)
    release(agent, HoldKind.BUDGET, SYSTEM, now)
    second = place(agent, HoldKind.BUDGET, SYSTEM, now)
    assert first.pk != second.pk
    assert active(agent) == {"budget"}


def test_one_of_a_kind_at_a_time(agent, alice, now):
    place(agent, HoldKind.LEAVE, SYSTEM, now)
    events = AuditEvent.objects.count()
    with pytest.raises(Conflict) as refused:
        place(agent, HoldKind.LEAVE, person(alice), now)
    assert refused.value.code == "already_held"
    assert (Hold.objects.count(), AuditEvent.objects.count()) == (1, events)


def test_the_database_keeps_one_of_a_kind(agent, now):
    place(agent, HoldKind.LEAVE, SYSTEM, now)
    copy = Hold.objects.get()
    copy.pk, copy._state.adding = None, True
    copy.id = Hold._meta.pk.get_default()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


@pytest.mark.parametrize(
    "change",
    [{"reason": ""}, {"kind": "whim"}, {"released_at": "now"}, {"released_by_label": "Alice"}, {"until": "before"}],
    ids=str,
)
def test_the_database_refuses_what_makes_no_sense(agent, now, change):
    hold = place(agent, HoldKind.LEAVE, SYSTEM, now)
    moments = {"now": now, "before": now - timedelta(seconds=1)}
    change = {name: moments.get(value, value) for name, value in change.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(**change)


@pytest.mark.parametrize("gone", ["retired", "archived"])
def test_who_has_left_is_not_held(organization, pod, olga, alice, now, gone):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state=gone)
    with pytest.raises(Conflict) as refused:
        place(agent, HoldKind.INCIDENT, person(alice), now)
    assert refused.value.code == "gone"
    assert not Hold.objects.exists()
    assert not AuditEvent.objects.exists()
    assert not Command.objects.exists()


def test_releasing_what_is_not_there(agent, alice, now):
    place(agent, HoldKind.LEAVE, SYSTEM, now)
    for kind in (HoldKind.MANUAL, "nonsense"):
        with pytest.raises(Conflict) as refused:
            release(agent, kind, person(alice), now)
        assert refused.value.code == "not_held"
    assert state(agent) == "paused"


def test_every_fault_is_told_at_once(agent, alice, now):
    with pytest.raises(Invalid) as refused:
        place(agent, "whim", person(alice), now, reason="  ", until=now)
    assert [path for path, _ in refused.value.fields] == ["kind", "reason", "until"]
    assert not Hold.objects.exists()


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501, "a\x00b"], ids=lambda text: ascii(text)[:10])
def test_a_reason_is_needed_and_bounded(agent, alice, now, reason):
    with pytest.raises(Invalid) as refused:
        place(agent, HoldKind.MANUAL, person(alice), now, reason=reason)
    assert [path for path, _ in refused.value.fields] == ["reason"]


@pytest.mark.parametrize("reason", ["x" * 501, "a\x00b"], ids=["too long", "NUL"])
def test_a_release_needs_no_reason_but_one_that_can_be_kept(agent, alice, now, reason):
    place(agent, HoldKind.MANUAL, person(alice), now)
    with pytest.raises(Invalid):
        release(agent, HoldKind.MANUAL, person(alice), now, reason=reason)
    assert active(agent) == {"manual"}
    assert release(agent, HoldKind.MANUAL, person(alice), now).release_reason == ""


def test_the_clocks_own_hold_is_not_for_people(agent, alice, now):
    """It would be gone at the next start: the clock would resume what a person paused."""
    for by in (person(alice), key(KeyScope.LIFECYCLE)):
        with pytest.raises(Invalid) as refused:
            place(agent, HoldKind.OFF_HOURS, by, now)
        assert [path for path, _ in refused.value.fields] == ["kind"]
    assert state(agent) == "ready"
    place(agent, HoldKind.OFF_HOURS, SYSTEM, now)
    release(agent, HoldKind.OFF_HOURS, person(alice), now)
    assert state(agent) == "ready", "a person may call the agent back"


def test_who_may_hold(agent, alice, hugo, lee, olga, vera, now, other_organization, charlie):
    for by in (person(alice), person(hugo), person(lee), person(olga), key(KeyScope.LIFECYCLE), SYSTEM):
        place(agent, HoldKind.INCIDENT, by, now)
        release(agent, HoldKind.INCIDENT, by, now)
    for by in (person(vera), person(charlie), itself(agent), key(KeyScope.CLOCK)):
        with pytest.raises(Forbidden):
            place(agent, HoldKind.INCIDENT, by, now)
    place(agent, HoldKind.INCIDENT, SYSTEM, now)
    for by in (person(vera), person(charlie), itself(agent), key(KeyScope.CLOCK)):
        with pytest.raises(Forbidden):
            release(agent, HoldKind.INCIDENT, by, now)
    with pytest.raises(Missing):
        holds.release(
            organization=other_organization, agent_id=agent.pk, kind=HoldKind.INCIDENT, by=person(charlie), now=now
        )
    assert active(agent) == {"incident"}


def test_many_at_once_take_as_many_queries_as_few(organization, pod, olga, now):
    """As the clock does it, below the number of rows from which they are copied and above it."""
    counts = []
    for size in (4, 30):
        agents = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(size)]
        reasons = {agent.pk: "because" for agent in agents}
        with CaptureQueriesContext(connection) as queries:
            placed = holds.place_many(agents, kind=HoldKind.OFF_HOURS, reasons=reasons, until={}, by=SYSTEM, now=now)
            holds.release_many(placed, agents={a.pk: a for a in agents}, reason="over", by=SYSTEM, now=now)
        counts.append(len(queries))
        assert {state(agent) for agent in agents} == {"ready"}
    assert counts[1] <= counts[0]
