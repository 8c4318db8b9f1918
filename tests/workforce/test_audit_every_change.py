"""Every service writes its audit row with the change, one per change, and none where it refuses (P5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.models import CapApproval
from budgets.services import approvals, credits, policy, prices
from budgets.services.caps import set_caps
from scheduling.services import clock, schedules
from tests.factories import AgentFactory, MembershipFactory, UserFactory, WorkScheduleFactory
from tests.support.actors import person
from workforce.choices import HoldKind, KeyScope, Role
from workforce.models import AuditEvent
from workforce.rules.refusals import Forbidden, Refusal
from workforce.services import agents, holds, keys, lifecycle, people, roster_import, teams

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
HOURS = {"time_zone": "Europe/Berlin", "days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}


class Stage:
    """What the services below act on; each test has its own."""

    def __init__(self, organization, agent, pod, olga, by):
        self.organization, self.agent, self.pod, self.olga, self.by = organization, agent, pod, olga, by
        self.here = {"organization": organization, "by": by, "now": NOW}
        self.it = {**self.here, "agent_id": agent.pk}
        self.who = {"by": by, "now": NOW}

    def member(self, role=Role.VIEWER):
        return MembershipFactory(organization=self.organization, user=UserFactory(), role=role)

    def key(self):
        from tests.support.actors import SYSTEM

        made = keys.issue(organization=self.organization, name="ops", scopes=[KeyScope.READ], by=SYSTEM, now=NOW)[0]
        self.forget()
        return made

    def hours(self, **fields):
        return WorkScheduleFactory(agent=self.agent, clock_due_at=None, **fields)

    def in_state(self, state):
        return AgentFactory(organization=self.organization, team=self.pod, owner_user=self.olga, current_state=state)

    def held(self, kind):
        from tests.support.actors import SYSTEM

        holds.place(organization=self.organization, agent_id=self.agent.pk, kind=kind, reason="x", by=SYSTEM, now=NOW)
        self.forget()

    def clocked_in(self):
        self.agent.clock_status = "clocked_in"
        self.agent.save(update_fields=["clock_status"])

    def forget(self):
        """What was written to set the stage."""
        self.seen = set(AuditEvent.objects.values_list("pk", flat=True))

    seen: set = set()

    def written(self):
        return list(AuditEvent.objects.exclude(pk__in=self.seen).order_by("at", "id"))


def _hire(s):
    return agents.create(
        **s.here,
        agent_name="new-01",
        agent_type="specialist",
        capability_tags=["qa"],
        model_profile="sonnet",
        owner=s.olga,
        team=s.pod,
        priority_tier="P2",
        risk_level="low",
        cost_budget_daily=Decimal("5.00"),
    )


def _import(s):
    head = "agent_name,agent_type,capability_tags,model_profile,owner,team,priority_tier,risk_level"
    lines = [f"new-{n},main,qa,sonnet,{s.olga.email},{s.pod.name},P2,low" for n in range(2)]
    return roster_import.run(**s.here, text="\n".join((head, *lines)))


def _prepared(prepare, call):
    """A change whose stage is set first; what that wrote does not count."""

    def run(s):
        ready = prepare(s)
        s.forget()
        return call(s, ready)

    return run


def _asked(s):
    set_caps(**s.it, caps={"daily_tokens": 0})
    return CapApproval.objects.get()


PRICE = {"model": "m", "valid_from": NOW, "input": 3, "output": 15}


def _priced(s):
    from tests.support.actors import SYSTEM

    return prices.add(organization=s.organization, data=PRICE, by=SYSTEM, now=NOW)


#: Name -> (what is done, the actions of the events it writes).
CHANGES = {
    "agents.create": (_hire, ["agent.created"]),
    "roster_import.run": (_import, ["agent.created", "agent.created"]),
    "agents.edit": (lambda s: agents.edit(**s.it, changes={"notes": "x"}), ["agent.edited"]),
    "agents.edit owner": (
        lambda s: agents.edit(**s.it, changes={"owner": s.member().user, "notes": "x"}),
        ["agent.owner_changed"],
    ),
    "agents.set_audit_tags": (lambda s: agents.set_audit_tags(**s.it, tags=["soc2"]), ["agent.audit_tagged"]),
    "lifecycle.transition": (lambda s: lifecycle.transition(**s.it, to="assigned"), ["agent.assigned"]),
    "lifecycle.transition pause": (
        lambda s: lifecycle.transition(**s.it, to="paused", reason="x"),
        ["hold.placed", "agent.paused"],
    ),
    "holds.place": (
        lambda s: holds.place(**s.it, kind=HoldKind.LEAVE, reason="x"),
        ["hold.placed", "agent.paused"],
    ),
    "holds.place second": (
        _prepared(lambda s: s.held(HoldKind.LEAVE), lambda s, _: holds.place(**s.it, kind=HoldKind.BUDGET, reason="x")),
        ["hold.placed"],
    ),
    "holds.release": (
        _prepared(lambda s: s.held(HoldKind.LEAVE), lambda s, _: holds.release(**s.it, kind=HoldKind.LEAVE)),
        ["hold.released", "agent.made_ready"],
    ),
    "keys.issue": (lambda s: keys.issue(**s.here, name="ops", scopes=[KeyScope.CLOCK]), ["key.issued"]),
    "keys.revoke": (_prepared(Stage.key, lambda s, key: keys.revoke(key=key, **s.who)), ["key.revoked"]),
    "keys.rotate": (
        _prepared(Stage.key, lambda s, key: keys.rotate(key=key, overlap=timedelta(hours=1), **s.who)),
        ["key.issued", "key.rotated"],
    ),
    "people.add_member": (
        lambda s: people.add_member(**s.here, email="new@example.com", name="New", role=Role.LEAD),
        ["membership.added"],
    ),
    "people.change_role": (
        _prepared(Stage.member, lambda s, one: people.change_role(membership=one, role=Role.LEAD, **s.who)),
        ["membership.role_changed"],
    ),
    "people.remove_member": (
        _prepared(Stage.member, lambda s, one: people.remove_member(membership=one, **s.who)),
        ["membership.removed"],
    ),
    "people.edit_organization": (
        lambda s: people.edit_organization(**s.here, name="Halden", time_zone="UTC"),
        ["organization.edited"],
    ),
    "teams.create": (lambda s: teams.create(**s.here, name="Growth", lead=s.olga), ["team.created"]),
    "teams.edit": (lambda s: teams.edit(team=s.pod, name="Growth", lead=None, **s.who), ["team.edited"]),
    "caps.set_caps": (lambda s: set_caps(**s.it, caps={"daily_tokens": 5}), ["caps.changed"]),
    "approvals.raise_and_resume": (
        _prepared(_asked, lambda s, one: approvals.raise_and_resume(**s.here, approval_id=one.pk, cap=5, reason="x")),
        ["cap_approval.raised", "caps.changed"],
    ),
    "approvals.keep_paused": (
        _prepared(_asked, lambda s, one: approvals.keep_paused(**s.here, approval_id=one.pk, reason="x")),
        ["cap_approval.kept"],
    ),
    "prices.add": (lambda s: prices.add(**s.here, data=PRICE), ["price.added"]),
    "prices.change": (
        _prepared(_priced, lambda s, one: prices.change(**s.here, price_id=one.pk, changes={"input": 4})),
        ["price.changed"],
    ),
    "prices.delete": (
        _prepared(_priced, lambda s, one: prices.delete(**s.here, price_id=one.pk)),
        ["price.deleted"],
    ),
    "prices.seed_examples": (
        lambda s: prices.seed_examples(**s.here),
        ["price.added"] * len(prices.EXAMPLES),
    ),
    "policy.set_policy": (lambda s: policy.set_policy(**s.here, data={"currency": "EUR"}), ["spend_policy.changed"]),
    "credits.top_up": (lambda s: credits.top_up(**s.here, amount=5, reason="x"), ["credits.topped_up"]),
    "credits.correct": (lambda s: credits.correct(**s.here, amount=-5, reason="x"), ["credits.corrected"]),
    "clock.clock_in": (lambda s: clock.clock_in(**s.it), ["clock.clocked_in"]),
    "clock.clock_out": (
        _prepared(Stage.clocked_in, lambda s, _: clock.clock_out(**s.it)),
        ["clock.clocked_out"],
    ),
    "schedules.create in hours": (
        lambda s: schedules.create(**s.it, data=HOURS),
        ["schedule.created", "clock.auto_wake"],
    ),
    "schedules.create out of hours": (
        lambda s: schedules.create(**s.it, data=HOURS | {"start": "20:00", "end": "21:00"}),
        ["schedule.created", "clock.auto_pause", "hold.placed", "agent.paused"],
    ),
    "schedules.update": (
        _prepared(
            lambda s: s.hours(enabled=False),
            lambda s, row: schedules.update(**s.here, schedule_id=row.pk, data={"grace_minutes": 20}),
        ),
        ["schedule.changed"],
    ),
    "schedules.delete": (
        _prepared(Stage.hours, lambda s, row: schedules.delete(**s.here, schedule_id=row.pk)),
        ["schedule.deleted"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_writes_what_happened(name, organization, agent, pod, olga, alice):
    call, actions = CHANGES[name]
    stage = Stage(organization, agent, pod, olga, person(alice))
    call(stage)
    events = stage.written()
    assert [event.action for event in events] == actions
    for event in events:
        assert event.organization_id == organization.pk
        assert event.at == NOW
        assert event.subject_id and event.subject_label
    mine = [event for event in events if event.action != "clock.auto_wake"]
    assert {(e.actor_kind, e.actor_id, e.actor_label) for e in mine} == {("user", str(alice.pk), "Alice")}


@pytest.mark.parametrize("name", CHANGES)
def test_who_may_not_leaves_no_trace(name, organization, agent, pod, olga, vera):
    call, _ = CHANGES[name]
    stage = Stage(organization, agent, pod, olga, person(vera))
    with pytest.raises(Forbidden):
        call(stage)
    assert stage.written() == []


#: Calls that are refused for what they ask, by someone who may.
REFUSALS = {
    "agents.create twin": lambda s: agents.create(**s.here, agent_name=s.agent.agent_name),
    "agents.edit unknown field": lambda s: agents.edit(**s.it, changes={"salary": 1}),
    "agents.set_audit_tags": lambda s: agents.set_audit_tags(**s.it, tags=["a", "a"]),
    "lifecycle.transition illegal": lambda s: lifecycle.transition(**s.it, to="archived", reason="x"),
    "holds.place without reason": lambda s: holds.place(**s.it, kind=HoldKind.LEAVE, reason=""),
    "holds.release none": lambda s: holds.release(**s.it, kind=HoldKind.LEAVE),
    "keys.issue without scope": lambda s: keys.issue(**s.here, name="ops"),
    "people.add_member twice": lambda s: people.add_member(**s.here, email=s.olga.email, role=Role.LEAD),
    "people.edit_organization": lambda s: people.edit_organization(**s.here, name="", time_zone="UTC"),
    "caps.set_caps": lambda s: set_caps(**s.it, caps={"daily_tokens": -1, "weekly_tokens": 5}),
    "prices.add": lambda s: prices.add(**s.here, data={**PRICE, "input": -1}),
    "policy.set_policy": lambda s: policy.set_policy(**s.here, data={"currency": "EUR", "input_weight": -1}),
    "credits.top_up": lambda s: credits.top_up(**s.here, amount=-5, reason="x"),
    "credits.correct without reason": lambda s: credits.correct(**s.here, amount=5, reason=" "),
    "teams.create twin": lambda s: teams.create(**s.here, name=s.pod.name),
    "clock.clock_out": lambda s: clock.clock_out(**s.it),
    "schedules.create": lambda s: schedules.create(**s.it, data=HOURS | {"end": "09:00"}),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_leaves_no_trace(name, organization, agent, pod, olga, alice):
    stage = Stage(organization, agent, pod, olga, person(alice))
    with pytest.raises(Refusal):
        REFUSALS[name](stage)
    assert stage.written() == []


#: Calls that ask for what already is.
NOTHING_NEW = {
    "agents.edit": lambda s: agents.edit(
        **s.it, changes={"notes": "", "owner": s.olga, "capability_tags": ["web_research"]}
    ),
    "policy.set_policy": lambda s: policy.set_policy(**s.here, data={"currency": "USD", "cache_read_weight": "0.100"}),
    "prices.change": _prepared(
        _priced, lambda s, one: prices.change(**s.here, price_id=one.pk, changes={"input": "3.0000"})
    ),
    "teams.edit": lambda s: teams.edit(team=s.pod, name=s.pod.name, lead=s.pod.lead_user, **s.who),
    "people.change_role": lambda s: people.change_role(membership=s.olga.memberships.get(), role=Role.VIEWER, **s.who),
    "schedules.update": _prepared(
        lambda s: s.hours(shifts=[("", 0b0011111, 540, 1020)]),
        lambda s, row: schedules.update(**s.here, schedule_id=row.pk, data={"grace_minutes": 10, "start": "09:00"}),
    ),
}


@pytest.mark.parametrize("name", NOTHING_NEW)
def test_what_changes_nothing_is_no_event(name, organization, agent, pod, olga, alice):
    stage = Stage(organization, agent, pod, olga, person(alice))
    NOTHING_NEW[name](stage)
    assert stage.written() == []


def test_the_request_is_noted(organization, agent, pod, olga, alice):
    from workforce.rules.request_ids import request_id

    token = request_id.set("req-12345678")
    try:
        agents.edit(organization=organization, agent_id=agent.pk, changes={"notes": "x"}, by=person(alice), now=NOW)
    finally:
        request_id.reset(token)
    assert AuditEvent.objects.get().request_id == "req-12345678"


def test_the_event_and_the_change_are_kept_or_lost_together(organization, agent, alice, monkeypatch):
    """The audit cannot be written: then nothing happened."""
    from workforce.services import audit

    def broken(*args, **kwargs):
        raise RuntimeError("no audit, no change")

    monkeypatch.setattr(audit, "record", broken)
    monkeypatch.setattr(audit, "record_many", broken)
    stage = Stage(organization, agent, agent.team, agent.owner_user, person(alice))
    stage.forget()
    for name in ("agents.create", "agents.edit", "lifecycle.transition", "holds.place", "keys.issue", "clock.clock_in"):
        with pytest.raises(RuntimeError, match="no audit"):
            CHANGES[name][0](stage)
    agent.refresh_from_db()
    assert (agent.notes, agent.current_state, agent.clock_status) == ("", "ready", "no_schedule")
    assert organization.agents.count() == 1
    assert not organization.api_keys.exists()
    assert not organization.holds.exists()
    assert not organization.clock_records.exists()


def test_long_and_odd_values_are_cut_or_made_plain(organization, now):
    from workforce.rules.actors import system
    from workforce.services import audit

    event = audit.record(
        organization=organization.pk,
        action="x",
        subject=("agent", "i" * 100, "l" * 300),
        before={"when": now, "cost": Decimal("1.50"), "set": {3}, 7: organization, "float": 0.5},
        reason="r" * 600,
        by=system("s" * 100),
        now=now,
    )
    event.refresh_from_db()
    assert (len(event.subject_id), len(event.subject_label), len(event.reason)) == (64, 160, 500)
    assert (len(event.actor_id), len(event.actor_label)) == (64, 100)
    assert event.before == {
        "when": now.isoformat(),
        "cost": "1.50",
        "set": [3],
        "7": str(organization.pk),
        "float": "0.5",
    }
    with pytest.raises(TypeError):
        audit.record(
            organization=organization, action="x", subject=("a", 1, "a"), after={"x": object()}, by=system("s"), now=now
        )
