"""A search for words looks at the newest rows only, and says so: no page grows with the house (design target V7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from scheduling.models import ClockRecord
from tests.support.work import give
from workforce.models import Agent
from workforce.selectors import search

Reader = Callable[..., Client]
SAID = "Only the newest 3 of these"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SEARCHED", 3)


@pytest.fixture
def rows(agent: Agent, now: datetime) -> None:
    """Four tasks and four records, the newest first."""
    for number in range(4):
        at = now - timedelta(hours=number)
        give(agent, f"Sort box {number}", now=at, priority="low" if number else "high")
        ClockRecord.objects.create(
            organization=agent.organization,
            agent=agent,
            time=at,
            event="clocked_in" if number else "auto_wake",
            triggered_by_kind="system",
            triggered_by_id="clock",
            triggered_by="The clock",
            reason=f"Sort box {number}",
        )


@pytest.mark.parametrize("tab", ["/tasks", "/history"])
def test_it_finds_among_the_newest_and_says_that_there_are_more(
    reader: Reader,
    alice: Any,
    rows: None,
    tab: str,
) -> None:
    page = reader(alice).get(tab, {"q": "sort box"}).content.decode()
    assert [f"Sort box {number}" in page for number in range(4)] == [True, True, True, False]
    assert SAID in page
    assert SAID in reader(alice).get(tab, {"q": "zebra"}).content.decode()


@pytest.mark.parametrize(("tab", "narrow"), [("/tasks", {"priority": "low"}), ("/history", {"event": "clocked_in"})])
def test_a_narrower_filter_reaches_the_older_ones(
    reader: Reader,
    alice: Any,
    rows: None,
    tab: str,
    narrow: dict[str, str],
) -> None:
    page = reader(alice).get(tab, {"q": "sort box", **narrow}).content.decode()
    assert "Sort box 3" in page
    assert SAID not in page


@pytest.mark.parametrize("tab", ["/tasks", "/history"])
def test_without_words_nothing_is_left_out(reader: Reader, alice: Any, rows: None, tab: str) -> None:
    page = reader(alice).get(tab).content.decode()
    assert "Sort box 3" in page
    assert SAID not in page


@pytest.mark.parametrize("path", ["/tasks.csv", "/history.csv"])
def test_a_csv_has_everything_that_matches(reader: Reader, alice: Any, rows: None, path: str) -> None:
    answer: Any = reader(alice).get(path, {"q": "sort box"})
    assert b"Sort box 3" in b"".join(answer.streaming_content)
