"""Pages of the API's lists: every row once, whatever comes and goes meanwhile."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.factories import AgentFactory
from tests.support.api import Api, faults
from tests.support.work import give
from workforce.selectors import search

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(organization: Any, pod: Any) -> Api:
    AgentFactory.create_batch(7, organization=organization, team=pod)
    return Api.of(organization)


def walk(api: Api, path: str, limit: int) -> list[list[str]]:
    pages, cursor = [], ""
    while True:
        answer = api.get(f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        pages.append([row["agent_name"] for row in answer["results"]])
        cursor = answer["next_cursor"]
        if cursor is None:
            return pages


@pytest.mark.parametrize("path", ["/api/agents", "/api/workforce/status"])
@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (8, [7]), (100, [7])])
def test_every_row_comes_once(api: Api, path: str, limit: int, sizes: list[int]) -> None:
    pages = walk(api, path, limit)
    assert [len(page) for page in pages] == sizes
    rows = [name for page in pages for name in page]
    assert rows == sorted(set(rows))


def test_a_row_that_comes_before_the_cursor_shifts_nothing(api: Api, organization: Any, pod: Any) -> None:
    first = api.get("/api/agents?limit=3").json()
    AgentFactory(organization=organization, team=pod, agent_name="aaa")
    second = api.get(f"/api/agents?limit=3&cursor={first['next_cursor']}").json()
    seen = [row["agent_name"] for row in first["results"] + second["results"]]
    assert len(set(seen)) == 6
    assert "aaa" not in seen


@pytest.mark.parametrize("name", ["ünïcode", "two\nlines", "100 %", "a/b?c=d&e", "x" * 80, "'; --"])
def test_any_name_may_stand_in_a_cursor(organization: Any, pod: Any, name: str) -> None:
    AgentFactory(organization=organization, team=pod, agent_name=name)
    AgentFactory(organization=organization, team=pod, agent_name=name[:79] + "~")
    pages = walk(Api.of(organization), "/api/agents", 1)
    assert sorted(sum(pages, [])) == sorted([name, name[:79] + "~"])


def test_more_than_the_cap_is_the_cap(organization: Any, pod: Any) -> None:
    AgentFactory.create_batch(501, organization=organization, team=pod)
    for limit in ("500", "501", "1000000000", "1e9", "1E999", "9" * 40):
        answer = Api.of(organization).get(f"/api/agents?limit={limit}").json()
        assert len(answer["results"]) == 500
        assert answer["next_cursor"]


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "ten", "", "٣", "0x10", "1e", "9" * 41, "NaN", " 5"])
def test_what_is_no_limit_is_refused(api: Api, limit: str) -> None:
    for path in ("/api/agents", "/api/workforce/status", "/api/workforce/schedules", "/api/workforce/clock-records"):
        response = api.client.get(path, {"limit": limit}, headers=api.headers)
        assert faults(response) == {"limit": "Write a whole number from 1 to 500."}


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "====",
        "ünïcode",
        encoded([]),
        encoded({"a": 1}),
        encoded(["a"]),
        encoded(["a", 1]),
        encoded([None, None]),
        encoded(["a\u0000", "01937f2e-0000-7000-8000-000000000000"]),
        encoded(["\ud800", "01937f2e-0000-7000-8000-000000000000"]),
        encoded(["x" * 201, "01937f2e-0000-7000-8000-000000000000"]),
        base64.urlsafe_b64encode(b"[" * 50_000).decode(),
        base64.urlsafe_b64encode(b"9" * 5_000).decode(),
    ],
)
def test_a_cursor_of_nobody_is_refused(api: Api, cursor: str) -> None:
    for path in ("/api/agents", "/api/workforce/status", "/api/workforce/schedules", "/api/workforce/clock-records"):
        found = faults(api.client.get(path, {"cursor": cursor}, headers=api.headers))
        assert found == {"cursor": "This is not a cursor of ours. Leave it out to start at the first page."}


@pytest.mark.parametrize(
    "key", ["not a date", "2026-11-19T13:32:00", "2026-13-45T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_cursor_of_another_list_is_refused(api: Api, key: str) -> None:
    cursor = encoded([key, "01937f2e-0000-7000-8000-000000000000"])
    found = faults(api.get(f"/api/workforce/clock-records?cursor={cursor}"))
    assert found == {"cursor": "This cursor belongs to another list. Leave it out to start over."}


def test_a_cursor_without_an_id_is_refused(api: Api) -> None:
    found = faults(api.get(f"/api/agents?cursor={encoded(['a', 'b'])}"))
    assert found == {"cursor": "This cursor belongs to another list. Leave it out to start over."}


def test_a_cursor_opens_no_other_organisation(api: Api, other_organization: Any) -> None:
    cursor = api.get("/api/agents?limit=1").json()["next_cursor"]
    assert Api.of(other_organization).get(f"/api/agents?cursor={cursor}").json()["results"] == []


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_search_looks_a_stretch_at_a_time_and_misses_nothing(
    organization: Any, agent: Any, now: Any, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """What no index serves is searched in stretches; a page may be empty while there is more (design target V7)."""
    monkeypatch.setattr(search, "SEARCHED", 3)
    for number in range(11):  # created in pairs at one moment: the id decides within them
        title = f"Sort box {number}" if number in (0, 1, 2, 10) else "Rest"
        give(agent, title, now=now - timedelta(minutes=number // 2))
    api = Api.of(organization)
    path, titles, sizes = f"/api/workforce/tasks?q=sort&limit={limit}", [], []
    cursor: str | None = ""
    while cursor is not None:
        answer = api.get(path + (f"&cursor={cursor}" if cursor else "")).json()
        titles += [row["title"] for row in answer["results"]]
        sizes.append(len(answer["results"]))
        cursor = answer["next_cursor"]
    assert sorted(titles) == ["Sort box 0", "Sort box 1", "Sort box 10", "Sort box 2"]
    assert titles[-1] == "Sort box 10"
    assert 0 in sizes, "a stretch without a hit is a page of its own"
