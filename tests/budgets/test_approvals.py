"""Caps that were reached and wait for somebody: raised, kept, lapsed (spec B4)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from budgets.choices import OnCap
from budgets.models import CapApproval, CapMark, Caps, Price
from budgets.rules.caps import NOT_MONEY, NOT_TOKENS, TOO_FINE, TOO_MANY
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services import limits
from budgets.services.approvals import GIVE_A_CAP, SAY_WHY, keep_paused, lapse_due, raise_and_resume
from budgets.services.caps import set_caps
from budgets.services.usage import record
from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at
from tests.support.races import at_once, errors
from workforce.choices import KeyScope
from workforce.models import Agent
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import lifecycle

pytestmark = pytest.mark.django_db
NOW = at("thu 12:00")
LATER = NOW + timedelta(minutes=5)


def spend(agent: Agent, tokens: int, *, now: datetime = NOW, key: str = "") -> None:
    entry = Entry(agent_id=agent.pk, key=key or uuid4().hex, model="sonnet", tokens=Tokens(tokens))
    record(organization=agent.organization, entries=[entry], by=SYSTEM, now=now)


def waiting(agent: Agent, *, on_cap: OnCap = OnCap.PAUSE, **caps: Any) -> CapApproval:
    """The one approval of an agent that has used 1,200 of 1,000 tokens today."""
    set_caps(
        organization=agent.organization,
        agent_id=agent.pk,
        caps={"on_cap": on_cap.value, **(caps or {"daily_tokens": 1000})},
        by=SYSTEM,
        now=NOW,
    )
    spend(agent, 1200)
    return CapApproval.objects.get(agent=agent, status="open")


def lift(
    approval: CapApproval, cap: Any = 2000, *, reason: Any = "The launch.", by: Any = SYSTEM, now: Any = LATER
) -> Any:
    return raise_and_resume(
        organization=approval.organization, approval_id=approval.pk, cap=cap, reason=reason, by=by, now=now
    )


def keep(approval: CapApproval, *, reason: Any = "Enough for today.", by: Any = SYSTEM, now: Any = LATER) -> Any:
    return keep_paused(organization=approval.organization, approval_id=approval.pk, reason=reason, by=by, now=now)


def held(agent: Agent) -> tuple[str, list[str]]:
    agent.refresh_from_db()
    return agent.current_state, list(agent.holds.active().values_list("kind", flat=True))


def faults(call: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        call()
    return dict(refused.value.fields)


def test_raising_lifts_the_cap_and_the_agent_resumes(agent: Agent, olga: Any) -> None:
    approval = waiting(agent)
    assert held(agent) == ("paused", ["budget"])
    assert (approval.cap, approval.used, approval.until) == (1000, 1200, at("fri 00:00"))
    decided = lift(approval, by=person(olga), reason=" The launch. ")
    assert held(agent) == ("ready", [])
    assert Caps.objects.get(agent=agent).daily_tokens == 2000
    approval.refresh_from_db()
    assert (approval.status, approval.raised_to, approval.reason) == ("raised", 2000, "The launch.")
    assert (approval.decided_at, approval.decided_by_label) == (LATER, "Olga") and decided.pk == approval.pk
    (event,) = audited(agent, action="cap_approval.raised")
    assert (event.actor_label, event.reason, event.after["raised_to"]) == ("Olga", "The launch.", "2000")
    assert audited(agent, action="caps.changed")[-1].after == {"daily_tokens": 2000}


def test_it_stays_held_where_another_cap_is_reached(agent: Agent) -> None:
    set_caps(
        organization=agent.organization,
        agent_id=agent.pk,
        caps={"on_cap": "pause", "daily_tokens": 1000, "weekly_tokens": 1100},
        by=SYSTEM,
        now=NOW,
    )
    spend(agent, 1200)
    daily, weekly = (CapApproval.objects.get(window=window) for window in ("daily", "weekly"))
    lift(weekly)
    assert held(agent) == ("paused", ["budget"])
    assert agent.holds.active().get().until == daily.until
    lift(daily)
    assert held(agent) == ("ready", [])


def test_keeping_changes_nothing_but_the_approval(agent: Agent, alice: Any) -> None:
    approval = waiting(agent)
    keep(approval, by=person(alice))
    assert held(agent) == ("paused", ["budget"]) and Caps.objects.get(agent=agent).daily_tokens == 1000
    approval.refresh_from_db()
    assert (approval.status, approval.raised_to, approval.decided_by_label) == ("kept", None, "Alice")
    assert audited(agent, action="cap_approval.kept")[0].reason == "Enough for today."
    spend(agent, 500, now=LATER)
    assert CapApproval.objects.count() == 1


def test_the_same_decision_again_is_answered_and_another_refused(agent: Agent) -> None:
    approval = waiting(agent)
    lift(approval)
    assert lift(approval, reason="Again.").reason == "The launch."
    for call in (lambda: lift(approval, 3000), lambda: keep(approval)):
        with pytest.raises(Conflict) as refused:
            call()
        assert (refused.value.code, refused.value.extra) == ("decided", {"status_now": "raised"})
    assert len(audited(agent, action="cap_approval.raised")) == 1 == len(audited(agent, action="caps.changed")) - 1
    assert Caps.objects.get(agent=agent).daily_tokens == 2000


def test_caps_of_more_digits_than_sqlite_shows_are_asked_about_once(agent: Agent) -> None:
    huge = 2**63 - 9
    approval = waiting(agent)
    Caps.objects.filter(agent=agent).update(daily_used=huge + 1, weekly_used=0, monthly_used=0, annual_used=0)
    lift(approval, 2**63 - 3)
    assert lift(approval, 2**63 - 3).status == "raised"
    set_caps(organization=agent.organization, agent_id=agent.pk, caps={"daily_tokens": huge}, by=SYSTEM, now=LATER)
    keep(CapApproval.objects.get(status="open"))
    before = (CapApproval.objects.count(), CapMark.objects.count())
    limits.act(organization=agent.organization, agent_id=agent.pk, now=LATER)
    assert (CapApproval.objects.count(), CapMark.objects.count()) == before
    assert not CapApproval.objects.filter(status="open").exists()


def test_kept_again_is_kept_and_cannot_be_raised(agent: Agent) -> None:
    approval = waiting(agent)
    keep(approval)
    assert keep(approval, reason="x").reason == "Enough for today."
    with pytest.raises(Conflict) as refused:
        lift(approval)
    assert refused.value.code == "decided" and held(agent) == ("paused", ["budget"])


@pytest.mark.parametrize(
    ("cap", "fault"),
    [
        (None, GIVE_A_CAP),
        (1000, "Give more than 1,200 tokens: 1,200 are spent of 1,000."),
        (1200, "Give more than 1,200 tokens: 1,200 are spent of 1,000."),
        (0, "Give more than 1,200 tokens: 1,200 are spent of 1,000."),
        (-1, NOT_TOKENS),
        (1300.5, NOT_TOKENS),
        (float("nan"), NOT_TOKENS),
        (True, NOT_TOKENS),
        ("2000", NOT_TOKENS),
        ([2000], NOT_TOKENS),
        (2**63, TOO_MANY),
    ],
)
def test_a_cap_that_helps_nobody_is_refused_with_the_reason(agent: Agent, cap: Any, fault: str) -> None:
    approval = waiting(agent)
    assert faults(lambda: lift(approval, cap, reason=" ")) == {"cap": fault, "reason": SAY_WHY}
    approval.refresh_from_db()
    assert approval.status == "open" and Caps.objects.get(agent=agent).daily_tokens == 1000


@pytest.mark.parametrize(
    ("reason", "part"), [("x" * 501, "500 characters"), ("a\x00b", "NUL"), (None, "why"), (7, "why"), ("", "why")]
)
def test_a_reason_is_needed(agent: Agent, reason: Any, part: str) -> None:
    approval = waiting(agent)
    for call in (lambda: lift(approval, reason=reason), lambda: keep(approval, reason=reason)):
        found = faults(call)
        assert list(found) == ["reason"] and part in found["reason"]
    assert held(agent) == ("paused", ["budget"])


def test_it_must_be_above_what_is_spent_by_now(agent: Agent) -> None:
    approval = waiting(agent)
    spend(agent, 900, now=LATER)
    assert "2,100 are spent" in faults(lambda: lift(approval, 2100))["cap"]
    assert lift(approval, 2101).raised_to == 2101


def test_a_cap_in_money_is_raised_in_money(agent: Agent) -> None:
    Price.objects.create(
        organization=agent.organization,
        model="sonnet",
        valid_from=NOW - timedelta(days=1),
        input=Decimal("1000.0001"),
        output=Decimal(0),
    )
    approval = waiting(agent, weekly_cost=Decimal("1.20"))
    assert (approval.measure, approval.window) == ("cost", "weekly")
    assert faults(lambda: lift(approval, "1.2")) == {"cap": "Give more than 1.20000012: 1.20000012 is spent of 1.20."}
    assert faults(lambda: lift(approval, "x")) == {"cap": NOT_MONEY}
    assert faults(lambda: lift(approval, "1.20001")) == {"cap": TOO_FINE}
    lift(approval, "1.2001")
    assert Caps.objects.get(agent=agent).weekly_cost == Decimal("1.2001") and held(agent) == ("ready", [])
    assert lift(approval, Decimal("1.20010")).raised_to == Decimal("1.2001")


def test_who_may(agent: Agent, alice: Any, hugo: Any, olga: Any, lee: Any, vera: Any, charlie: Any) -> None:
    """As for caps: manager, HR and owner; never an agent, least of all itself."""
    approval = waiting(agent)
    colleague = AgentFactory(organization=agent.organization, team=agent.team)
    other_scopes = key(*(scope for scope in KeyScope if scope != KeyScope.BUDGETS))
    for by in (person(lee), person(vera), person(charlie), other_scopes, itself(agent), itself(colleague)):
        for call in (lambda by=by: lift(approval, by=by), lambda by=by: keep(approval, by=by)):
            with pytest.raises(Forbidden):
                call()
    assert held(agent) == ("paused", ["budget"])
    for number, by in enumerate([person(alice), person(hugo), person(olga), key(KeyScope.BUDGETS)]):
        cap = 2000 + 2000 * number
        lift(CapApproval.objects.get(status="open"), cap, by=by)
        spend(agent, 2000)


def test_another_organisation_knows_nothing_of_it(agent: Agent, other_organization: Any) -> None:
    approval = waiting(agent)
    for organization, approval_id in ((other_organization, approval.pk), (agent.organization, uuid4())):
        with pytest.raises(Missing):
            keep_paused(organization=organization, approval_id=approval_id, reason="x", by=SYSTEM, now=LATER)
        with pytest.raises(Missing):
            raise_and_resume(
                organization=organization, approval_id=approval_id, cap=5000, reason="x", by=SYSTEM, now=LATER
            )


def test_after_its_window_there_is_nothing_to_decide(agent: Agent) -> None:
    approval = waiting(agent)
    for call in (lambda: lift(approval, now=approval.until), lambda: keep(approval, now=approval.until)):
        with pytest.raises(Conflict) as refused:
            call()
        assert refused.value.code == "lapsed"
    assert lapse_due(now=approval.until - timedelta(seconds=1)) == 0
    assert lapse_due(now=approval.until) == 1
    assert lapse_due(now=approval.until) == 0
    approval.refresh_from_db()
    assert (approval.status, approval.decided_at, approval.decided_by_label) == ("lapsed", approval.until, "")
    assert len(audited(agent, action="cap_approval.lapsed")) == 1
    with pytest.raises(Conflict) as refused:
        keep(approval, now=approval.until)
    assert refused.value.code == "lapsed"


def test_a_cap_that_people_raise_elsewhere_leaves_nothing_to_decide(agent: Agent) -> None:
    approval = waiting(agent)
    set_caps(organization=agent.organization, agent_id=agent.pk, caps={"daily_tokens": 1500}, by=SYSTEM, now=LATER)
    approval.refresh_from_db()
    assert approval.status == "lapsed" and held(agent) == ("ready", [])
    with pytest.raises(Conflict):
        lift(approval)


def test_one_that_waits_follows_a_lower_cap(agent: Agent) -> None:
    approval = waiting(agent)
    set_caps(organization=agent.organization, agent_id=agent.pk, caps={"daily_tokens": 900}, by=SYSTEM, now=LATER)
    approval.refresh_from_db()
    assert (approval.status, approval.cap) == ("open", 900) and CapApproval.objects.count() == 1


def test_an_archived_agent_keeps_its_caps(agent: Agent, alice: Any) -> None:
    approval = waiting(agent)
    for state in ("retired", "archived"):
        lifecycle.transition(
            organization=agent.organization, agent_id=agent.pk, to=state, reason="x", by=person(alice), now=NOW
        )
    with pytest.raises(Conflict) as refused:
        lift(approval)
    assert refused.value.code == "archived"
    approval.refresh_from_db()
    assert (approval.status, Caps.objects.get(agent=agent).daily_tokens) == ("open", 1000)


@pytest.mark.django_db(transaction=True)
def test_raised_and_kept_at_the_same_moment_is_one_of_them(agent: Agent) -> None:
    approval = waiting(agent)
    outcomes = at_once(lambda: lift(approval), lambda: keep(approval))
    (refused,) = errors(outcomes)
    assert isinstance(refused, Conflict) and refused.code == "decided"
    approval.refresh_from_db()
    raised = outcomes[1] is refused
    assert approval.status == ("raised" if raised else "kept")
    assert Caps.objects.get(agent=agent).daily_tokens == (2000 if raised else 1000)
    assert held(agent) == (("ready", []) if raised else ("paused", ["budget"]))


@pytest.mark.django_db(transaction=True)
def test_raised_twice_at_the_same_moment_to_the_same_is_done_once(agent: Agent) -> None:
    approval = waiting(agent)
    assert errors(at_once(*[lambda: lift(approval)] * 4)) == []
    assert len(audited(agent, action="cap_approval.raised")) == 1
    assert len(audited(agent, action="hold.released")) == 1 and held(agent) == ("ready", [])


@pytest.mark.django_db(transaction=True)
def test_raised_to_two_figures_at_the_same_moment_is_one_of_them(agent: Agent) -> None:
    approval = waiting(agent)
    caps = (2000, 3000, 4000)
    outcomes = at_once(*(lambda cap=cap: lift(approval, cap) for cap in caps))
    assert sorted(type(one).__name__ for one in outcomes) == ["CapApproval", "Conflict", "Conflict"]
    approval.refresh_from_db()
    assert Caps.objects.get(agent=agent).daily_tokens == approval.raised_to in caps


@pytest.mark.django_db(transaction=True)
def test_decided_and_lapsed_at_the_same_moment_is_one_of_them(agent: Agent) -> None:
    approval = waiting(agent)
    over = approval.until
    outcomes = at_once(
        lambda: lapse_due(now=over),
        lambda: lapse_due(now=over),
        lambda: keep(approval, now=over - timedelta(seconds=1)),
    )
    approval.refresh_from_db()
    kept = approval.status == "kept"
    assert sum(outcomes[:2]) == (0 if kept else 1)
    assert isinstance(outcomes[2], Conflict) is not kept
    assert lapse_due(now=over) == 0
