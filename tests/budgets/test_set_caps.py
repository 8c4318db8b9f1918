"""Setting token caps: who may, what is refused, what is written (spec B1, P3, P5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from budgets.models import Caps
from budgets.rules.caps import (
    COST_FIELDS,
    FIELDS,
    NO_SUCH_FIELD,
    NOT_MONEY,
    NOT_ON_CAP,
    NOT_TOKENS,
    TOKEN_FIELDS,
    TOO_DEAR,
    TOO_FINE,
    TOO_MANY,
)
from budgets.services.caps import set_caps
from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.races import at_once, errors
from workforce.choices import KeyScope
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SOME = {"daily_tokens": 300_000, "annual_tokens": 0}


def put(agent: Any, caps: Any, *, by: Any = SYSTEM, now: datetime = NOW) -> Caps:
    return set_caps(organization=agent.organization, agent_id=agent.pk, caps=caps, by=by, now=now)


def test_caps_are_kept_with_their_audit(agent: Any, olga: Any) -> None:
    put(agent, SOME, by=person(olga))
    kept = Caps.objects.get(agent=agent)
    assert kept.tokens() == {
        "daily_tokens": 300_000, "weekly_tokens": None, "monthly_tokens": None, "annual_tokens": 0,
    }  # fmt: skip
    assert kept.updated_at == NOW
    (event,) = audited(agent, action="caps.changed")
    assert (event.before, event.after) == ({"daily_tokens": None, "annual_tokens": None}, SOME)
    assert (event.actor_label, event.at, event.subject_kind) == ("Olga", NOW, "agent")


def test_what_is_left_out_stays_and_none_takes_away(agent: Any) -> None:
    put(agent, SOME)
    kept = put(agent, {"annual_tokens": None, "weekly_tokens": 2**63 - 1}, now=LATER)
    assert Caps.objects.get().tokens() == kept.tokens()
    assert (kept.daily_tokens, kept.weekly_tokens, kept.annual_tokens) == (300_000, 2**63 - 1, None)
    event = audited(agent, action="caps.changed")[-1]
    assert event.before == {"weekly_tokens": None, "annual_tokens": 0}
    assert event.after == {"weekly_tokens": 2**63 - 1, "annual_tokens": None}


@pytest.mark.parametrize("first", [SOME, {}])
def test_the_same_again_changes_nothing(agent: Any, first: dict[str, Any]) -> None:
    put(agent, first)
    before = list(Caps.objects.values())
    put(agent, first, now=LATER)
    assert list(Caps.objects.values()) == before
    assert len(audited(agent, action="caps.changed")) == len(before)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (-1, NOT_TOKENS),
        (1.5, NOT_TOKENS),
        (float("nan"), NOT_TOKENS),
        ("300000", NOT_TOKENS),
        (True, NOT_TOKENS),
        (2**63, TOO_MANY),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(agent: Any, value: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        put(agent, {"daily_tokens": 5, "monthly_tokens": value})
    assert refused.value.fields == [("monthly_tokens", sentence)]
    assert not Caps.objects.exists() and not audited(agent)


def test_all_faults_come_at_once_and_nothing_is_half_written(agent: Any) -> None:
    put(agent, SOME)
    with pytest.raises(Invalid) as refused:
        put(agent, {"daily_tokens": 5, "weekly_tokens": -1, "annual_tokens": "x", "hourly_tokens": 1})
    assert dict(refused.value.fields) == {
        "weekly_tokens": NOT_TOKENS, "annual_tokens": NOT_TOKENS, "hourly_tokens": NO_SUCH_FIELD,
    }  # fmt: skip
    assert Caps.objects.get().daily_tokens == 300_000
    assert len(audited(agent, action="caps.changed")) == 1


def test_who_may(agent: Any, alice: Any, olga: Any, hugo: Any) -> None:
    """Manager and HR are accountable, the owner responsible; a key by its scope."""
    for number, by in enumerate([person(alice), person(hugo), person(olga), key(KeyScope.BUDGETS), SYSTEM]):
        assert put(agent, {"daily_tokens": number}, by=by).daily_tokens == number


def test_who_may_not(agent: Any, lee: Any, vera: Any, charlie: Any) -> None:
    """The lead is only consulted; an agent sets no caps of its own."""
    everything_else = key(*(scope for scope in KeyScope if scope != KeyScope.BUDGETS))
    colleague = AgentFactory(organization=agent.organization, team=agent.team)
    for by in (person(lee), person(vera), person(charlie), everything_else, itself(agent), itself(colleague)):
        with pytest.raises(Forbidden):
            put(agent, SOME, by=by)
    assert not Caps.objects.exists()


def test_a_fault_is_not_told_to_who_may_not(agent: Any, vera: Any) -> None:
    with pytest.raises(Forbidden):
        put(agent, {"daily_tokens": -1}, by=person(vera))


def test_an_archived_agent_keeps_its_caps(organization: Any, pod: Any) -> None:
    gone = AgentFactory(organization=organization, team=pod, current_state="archived")
    with pytest.raises(Conflict) as refused:
        put(gone, SOME)
    assert refused.value.code == "archived"
    assert put(AgentFactory(organization=organization, team=pod, current_state="retired"), SOME).any_set


def test_an_agent_of_another_organisation_is_nobody(organization: Any, other_organization: Any) -> None:
    foreign = AgentFactory(organization=other_organization, team=TeamFactory(organization=other_organization))
    for agent_id in (foreign.pk, uuid4()):
        with pytest.raises(Missing):
            set_caps(organization=organization, agent_id=agent_id, caps=SOME, by=SYSTEM, now=NOW)


@pytest.mark.parametrize("field", [*TOKEN_FIELDS, *COST_FIELDS])
def test_the_database_refuses_a_negative_cap(agent: Any, field: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Caps.objects.create(agent=agent, **{field: -1})
    Caps.objects.create(agent=agent, **{field: 0})


@pytest.mark.django_db(transaction=True)
def test_caps_set_at_the_same_moment_are_both_kept(agent: Any) -> None:
    """Also the very first ones: neither overwrites the other, and the audit tells both."""
    wanted = {**dict.fromkeys((*TOKEN_FIELDS, *COST_FIELDS), 7), "on_cap": "alert"}
    outcomes = at_once(*(lambda name=name, value=value: put(agent, {name: value}) for name, value in wanted.items()))
    assert errors(outcomes) == []
    assert Caps.objects.get().caps() == wanted
    assert len(audited(agent, action="caps.changed")) == len(FIELDS)


def test_caps_in_money_and_what_happens_at_them_are_kept_exactly(agent: Any) -> None:
    put(agent, {"daily_cost": "12.50", "weekly_cost": Decimal("0.0001"), "annual_cost": 0, "on_cap": "pause"})
    kept = Caps.objects.get()
    assert (kept.daily_cost, kept.weekly_cost, kept.annual_cost) == (Decimal("12.5"), Decimal("0.0001"), 0)
    assert (kept.monthly_cost, kept.on_cap, kept.any_set) == (None, "pause", True)
    (event,) = audited(agent, action="caps.changed")
    assert event.before == {"daily_cost": None, "weekly_cost": None, "annual_cost": None, "on_cap": "skip"}
    assert event.after == {"daily_cost": "12.50", "weekly_cost": "0.0001", "annual_cost": "0", "on_cap": "pause"}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("daily_cost", "-1", NOT_MONEY),
        ("daily_cost", -0.5, NOT_MONEY),
        ("daily_cost", "1,5", NOT_MONEY),
        ("daily_cost", "NaN", NOT_MONEY),
        ("daily_cost", float("inf"), NOT_MONEY),
        ("daily_cost", Decimal("Infinity"), NOT_MONEY),
        ("daily_cost", True, NOT_MONEY),
        ("daily_cost", [1], NOT_MONEY),
        ("daily_cost", "0.00001", TOO_FINE),
        ("daily_cost", "900000000.01", TOO_DEAR),
        ("on_cap", "stop", NOT_ON_CAP),
        ("on_cap", None, NOT_ON_CAP),
        ("on_cap", ["skip"], NOT_ON_CAP),
    ],
)
def test_a_wrong_amount_or_choice_is_refused_with_its_field(agent: Any, field: str, value: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        put(agent, {"daily_tokens": 5, field: value})
    assert refused.value.fields == [(field, sentence)]
    assert not Caps.objects.exists() and not audited(agent)
