"""Thresholds of caps: told once, asked once, and brought in line again by the sweep (spec B4)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError

from budgets.choices import ApprovalStatus
from budgets.models import CapApproval, CapMark, Caps
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services import limits, usage
from budgets.services.caps import set_caps
from tests.budgets.test_approvals import NOW, held, lift, spend
from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited
from tests.support.clockwork import at
from tests.support.races import at_once, errors
from workforce.models import Agent, Notice

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def cap(agent: Agent, *, now: datetime = NOW, **caps: Any) -> None:
    set_caps(organization=agent.organization, agent_id=agent.pk, caps=caps, by=SYSTEM, now=now)


def act(agent: Agent, *, now: datetime = NOW) -> None:
    limits.act(organization=agent.organization, agent_id=agent.pk, now=now)


def told(user: Any) -> list[str]:
    """What this person was told, oldest first."""
    return list(Notice.objects.filter(recipient=user).order_by("created_at", "text").values_list("text", flat=True))


def marked(agent: Agent) -> list[tuple[str, str, int, int]]:
    marks = CapMark.objects.filter(agent=agent).order_by("at", "window", "measure", "level")
    return [(mark.window, mark.measure, mark.level, int(mark.cap)) for mark in marks]


def crashed(agent: Agent, tokens: int, *, now: datetime = NOW) -> None:
    """Usage whose process died before anything was done about it."""
    entry = Entry(agent_id=agent.pk, key=f"{now}", model="sonnet", tokens=Tokens(tokens))
    with patch.object(usage.limits, "act", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        usage.record(organization=agent.organization, entries=[entry], by=SYSTEM, now=now)


def test_each_threshold_is_told_once_to_the_people_responsible(agent: Agent, olga: Any, alice: Any, lee: Any) -> None:
    cap(agent, daily_tokens=1000)
    name = agent.agent_name
    skips = "It gets no new work until the window is over."
    for number, (used, words) in enumerate(
        [
            (499, None),
            (1, f"{name} has used 50 % of its daily cap: 500 of 1,000 tokens."),
            (299, None),
            (1, f"{name} has used 80 % of its daily cap: 800 of 1,000 tokens."),
            (199, None),
            (1, f"{name} has reached its daily cap: 1,000 of 1,000 tokens. {skips}"),
            (5000, None),
        ]
    ):
        before = told(olga)
        spend(agent, used, now=NOW + number * MINUTE)
        assert told(olga) == [*before, *([words] if words else [])]
    assert [notice.kind for notice in Notice.objects.order_by("created_at")] == ["cap_warning"] * 2 + ["cap_reached"]
    assert told(alice) == told(lee) == []


def test_a_jump_is_told_as_its_highest_threshold(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000, weekly_tokens=2000)
    spend(agent, 1000)
    assert [text.split(":")[0] for text in told(olga)] == [
        f"{agent.agent_name} has reached its daily cap",
        f"{agent.agent_name} has used 50 % of its weekly cap",
    ]
    assert marked(agent) == [
        ("daily", "tokens", 50, 1000),
        ("daily", "tokens", 80, 1000),
        ("daily", "tokens", 100, 1000),
        ("weekly", "tokens", 50, 2000),
    ]


def test_nothing_is_done_twice_in_a_window(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1000)
    before = (told(olga), marked(agent), list(CapApproval.objects.values()), held(agent), len(audited(agent)))
    for minutes in range(3):
        act(agent, now=NOW + minutes * MINUTE)
    assert (told(olga), marked(agent), list(CapApproval.objects.values()), held(agent), len(audited(agent))) == before


def test_the_next_window_is_told_again(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000)
    spend(agent, 600)
    spend(agent, 600, now=at("fri 00:00"))
    assert len(told(olga)) == 2 and len(set(told(olga))) == 1
    assert [mark.since for mark in CapMark.objects.order_by("since")] == [at("thu 00:00"), at("fri 00:00")]


def test_a_raised_cap_that_is_reached_again_is_told_and_asked_again(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000)
    spend(agent, 1000)
    lift(CapApproval.objects.get(), 1500)
    spend(agent, 400, now=NOW + 6 * MINUTE)
    assert len(told(olga)) == 1, "warnings are once per window"
    spend(agent, 100, now=NOW + 7 * MINUTE)
    assert [text.split(". ")[0] for text in told(olga)] == [
        f"{agent.agent_name} has reached its daily cap: 1,000 of 1,000 tokens",
        f"{agent.agent_name} has reached its daily cap: 1,500 of 1,500 tokens",
    ]
    again = CapApproval.objects.get(status=ApprovalStatus.OPEN)
    assert (again.cap, again.used) == (1500, 1500)


def test_caps_in_money_are_told_in_money(agent: Agent, olga: Any) -> None:
    cap(agent, monthly_cost="10.00")
    Caps.objects.filter(agent=agent).update(
        monthly_since=at("mon 00:00") - timedelta(days=15), monthly_spent=Decimal("8.5")
    )
    act(agent)
    assert told(olga) == [f"{agent.agent_name} has used 80 % of its monthly cap: 8.50 of 10.00 cost."]


def test_a_cap_set_below_what_is_used_is_reached_at_once(agent: Agent, olga: Any) -> None:
    spend(agent, 700)
    assert told(olga) == []
    cap(agent, now=NOW + MINUTE, daily_tokens=500, on_cap="pause")
    assert told(olga) == [
        f"{agent.agent_name} has reached its daily cap: 700 of 500 tokens. It is held until the window is over."
    ]
    assert held(agent) == ("paused", ["budget"])
    assert (CapApproval.objects.get().cap, CapApproval.objects.get().used) == (500, 700)


def test_one_that_alerts_goes_on_and_nobody_is_asked(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000, on_cap="alert")
    spend(agent, 1200)
    assert held(agent) == ("ready", [])
    assert told(olga)[0].endswith("1,200 of 1,000 tokens. It goes on working.")
    assert not CapApproval.objects.exists()
    cap(agent, now=NOW + MINUTE, on_cap="skip")
    assert CapApproval.objects.get().status == "open"
    cap(agent, now=NOW + 2 * MINUTE, on_cap="alert")
    assert CapApproval.objects.get().status == "lapsed" and len(told(olga)) == 1


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_left_is_told_about_and_neither_held_nor_asked_for(agent: Agent, olga: Any, state: str) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    Agent.objects.filter(pk=agent.pk).update(current_state=state)
    spend(agent, 1000)
    assert held(agent) == (state, []) and not CapApproval.objects.exists()
    assert len(told(olga)) == 1 and len(marked(agent)) == 3


def test_nobody_is_told_where_nobody_is_responsible(pod: Any) -> None:
    agent = AgentFactory(organization=pod.organization, team=pod, owner_user__is_active=False)
    pod.lead_user.is_active = False
    pod.lead_user.save(update_fields=["is_active"])
    cap(agent, daily_tokens=10)
    spend(agent, 10)
    assert not Notice.objects.exists() and CapMark.objects.count() == 3


def test_what_a_crash_left_undone_is_swept(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    crashed(agent, 1000)
    assert (Caps.objects.get().act_due_at, told(olga), held(agent)) == (NOW, [], ("ready", []))
    assert limits.sweep(now=NOW - MINUTE) == 0
    assert limits.sweep(now=NOW + MINUTE) == 1
    assert len(told(olga)) == 1 and held(agent) == ("paused", ["budget"])
    assert Caps.objects.get().act_due_at is None and limits.sweep(now=NOW + 2 * MINUTE) == 0


def test_a_sweep_that_comes_after_the_window_says_nothing_of_it(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    crashed(agent, 1000)
    assert limits.sweep(now=at("fri 00:00")) == 1
    assert told(olga) == [] and held(agent) == ("ready", []) and not CapApproval.objects.exists()
    assert Caps.objects.get().act_due_at is None


def test_one_that_fails_is_postponed_and_stops_nobody(agent: Agent, pod: Any, caplog: Any) -> None:
    others = AgentFactory.create_batch(2, organization=pod.organization, team=pod)
    for number, one in enumerate([others[0], agent, others[1]]):
        cap(one, daily_tokens=1000, on_cap="pause")
        crashed(one, 1000, now=NOW + number * MINUTE)
    real = limits.act

    def poisoned(**given: Any) -> None:
        if given["agent_id"] == agent.pk:
            raise ValueError("poison")
        real(**given)

    later = NOW + timedelta(minutes=10)
    with patch.object(limits, "act", poisoned):
        assert limits.sweep(now=later) == 2
    assert [held(one)[0] for one in (others[0], agent, others[1])] == ["paused", "ready", "paused"]
    assert Caps.objects.get(agent=agent).act_due_at == later + limits.POISON_POSTPONED
    assert [record.agent_id for record in caplog.records if record.message == "caps postponed"] == [str(agent.pk)]
    assert limits.sweep(now=later) == 0
    assert limits.sweep(now=later + limits.POISON_POSTPONED) == 1 and held(agent) == ("paused", ["budget"])


def test_a_database_that_fails_is_nobodys_fault(agent: Agent) -> None:
    cap(agent, daily_tokens=1000)
    crashed(agent, 1000)
    with patch.object(limits, "act", side_effect=OperationalError("gone")), pytest.raises(OperationalError):
        limits.sweep(now=NOW)
    assert Caps.objects.get().act_due_at == NOW


def test_a_house_that_moved_to_another_zone_is_counted_anew(agent: Agent, olga: Any) -> None:
    """23:30 UTC on Wednesday is Thursday in Berlin and Wednesday in UTC."""
    cap(agent, daily_tokens=1000)
    spend(agent, 900, now=at("thu 00:30"))
    agent.organization.time_zone = "UTC"
    agent.organization.save(update_fields=["time_zone"])
    cap(agent, now=NOW, daily_tokens=800)
    assert (Caps.objects.get().daily_used, Caps.objects.get().counted_in) == (0, "UTC")
    assert len(told(olga)) == 1, "only what was said when it was spent"


@pytest.mark.django_db(transaction=True)
def test_at_once_from_many_sides_it_is_told_asked_and_held_once(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    crashed(agent, 1000)
    calls = [lambda: limits.sweep(now=NOW + MINUTE), lambda: act(agent, now=NOW + MINUTE)] * 2
    assert errors(at_once(*calls)) == []
    assert len(told(olga)) == 1 and len(marked(agent)) == 3
    assert CapApproval.objects.count() == 1 and held(agent) == ("paused", ["budget"])
    assert [len(audited(agent, action=name)) for name in ("cap_approval.opened", "hold.placed")] == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_usage_at_once_tells_each_threshold_once(agent: Agent, olga: Any) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    assert errors(at_once(*(lambda: spend(agent, 250) for _ in range(6)))) == []
    assert Caps.objects.get().daily_used == 1500
    assert [level for _, _, level, _ in marked(agent)] == [50, 80, 100]
    assert sum("has reached" in text for text in told(olga)) == 1 and len(told(olga)) <= 3
    assert held(agent) == ("paused", ["budget"]) and CapApproval.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_usage_caps_and_decisions_at_once_leave_one_story(agent: Agent) -> None:
    """They lock the agent, then its caps: none waits for another in a circle."""
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1000)
    approval = CapApproval.objects.get()
    calls = [
        lambda: lift(approval, 5000),
        *(lambda: spend(agent, 100) for _ in range(3)),
        lambda: cap(agent, on_cap="skip"),
        lambda: act(agent),
        lambda: cap(agent, weekly_tokens=50_000),
    ]
    assert errors(at_once(*calls)) == []
    kept = Caps.objects.get()
    assert (kept.daily_tokens, kept.daily_used, kept.on_cap, kept.weekly_tokens) == (5000, 1300, "skip", 50_000)
    act(agent)
    assert held(agent) == ("ready", [])
