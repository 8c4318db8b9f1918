"""Downloads: what the filter matches, and nothing a spreadsheet would run."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from scheduling.models import ClockRecord
from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from workforce.models import Presence
from workforce.rules.csv_cells import neutral

Reader = Callable[..., Client]


def rows(answer: Any) -> list[list[str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_agents_come_with_their_times_in_the_readers_zone(
    reader: Reader, alice: Any, agent: Any, at_now: datetime
) -> None:
    WorkScheduleFactory(agent=agent, shifts=[("", 0b0011111, 540, 1020)])
    agent.clock_status = "clocked_in"
    agent.save(update_fields=["clock_status"])
    Presence.objects.filter(agent=agent).update(last_seen_at=at_now - timedelta(minutes=2), status="ok")
    answer = reader(alice).get("/overview.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="punchcard-agents.csv"'
    head, line = rows(answer)
    assert dict(zip(head, line, strict=True)) == {
        "Agent": "support-triage-01",
        "Pod": "Support",
        "Tier": "P1",
        "Owner": "Olga",
        "Status": "Clocked in",
        "State": "Ready",
        "Schedule": "Mon–Fri 09:00–17:00",
        "Time zone": "Europe/Berlin",
        "Next event": "Clocks out",
        "Next event at": "2026-11-19T17:00:00+01:00",
        "Last heartbeat": "2026-11-19T14:30:00+01:00",
        "Last heartbeat status": "ok",
    }


def test_it_holds_what_the_filter_matches_not_just_the_page(
    reader: Reader, alice: Any, organization: Any, pod: Any
) -> None:
    for number in range(70):
        AgentFactory(organization=organization, team=pod, agent_name=f"a-{number:02}", owner_user=alice)
    AgentFactory(organization=organization, team=TeamFactory(organization=organization, name="Growth"), agent_name="b")
    client = reader(alice)
    assert [line[0] for line in rows(client.get("/overview.csv?q=a-&sort=-agent&page=2"))[1:]] == [
        f"a-{number:02}" for number in reversed(range(70))
    ]
    assert len(rows(client.get("/overview.csv"))) == 72
    assert rows(client.get("/overview.csv?state=nonsense&pod=x"))[0][0] == "Agent"


def test_others_agents_are_not_in_it(reader: Reader, alice: Any, agent: Any, other_organization: Any) -> None:
    AgentFactory(organization=other_organization, agent_name="foreign-01")
    assert [line[0] for line in rows(reader(alice).get("/overview.csv"))] == ["Agent", agent.agent_name]
    assert len(rows(reader(alice).get("/history.csv"))) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "  =", "＝", "＋", "－", "＠", "\ufeff="])
def test_a_formula_is_made_text(start: str) -> None:
    assert neutral(f"{start}cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize("text", ["Mara", "a=b", "06:00–14:00", "", "'quoted", "3-4"])
def test_other_text_is_left_alone(text: str) -> None:
    assert neutral(text) == text


def test_columns_stay_whole_whatever_is_in_them(
    reader: Reader, alice: Any, organization: Any, at_now: datetime
) -> None:
    pod = TeamFactory(organization=organization, name='+1,"2"\n3')
    nasty = AgentFactory(organization=organization, team=pod, agent_name='=HYPERLINK("http://x","y")', owner_user=alice)
    reason = '@SUM(1,2)\r\n"quoted", and more'
    ClockRecord.objects.create(
        organization=organization,
        agent=nasty,
        time=at_now,
        event="clocked_in",
        triggered_by_kind="user",
        triggered_by_id="1",
        triggered_by="-2+3",
        reason=reason,
    )
    client = reader(alice)
    agents = rows(client.get("/overview.csv"))
    assert agents[1][:2] == ['\'=HYPERLINK("http://x","y")', '\'+1,"2"\n3']
    assert {len(line) for line in agents} == {12}
    events = rows(client.get("/history.csv"))
    assert events == [
        ["Time", "Agent", "Event", "Triggered By", "Scheduled At", "Reason"],
        [
            "2026-11-19T14:32:00+01:00",
            '\'=HYPERLINK("http://x","y")',
            "Clocked in",
            "'-2+3",
            "",
            "'" + reason,
        ],
    ]


def test_history_holds_every_match(reader: Reader, alice: Any, agent: Any, at_now: datetime) -> None:
    for number in range(80):
        ClockRecord.objects.create(
            organization=agent.organization,
            agent=agent,
            time=at_now - timedelta(days=number),
            event="auto_wake" if number % 2 else "auto_pause",
            triggered_by_kind="system",
            triggered_by_id="clock",
            triggered_by="Clock",
        )
    client = reader(alice)
    assert len(rows(client.get("/history.csv?event=auto_wake"))) == 41
    assert len(rows(client.get("/history.csv?from=2026-11-18"))) == 3
