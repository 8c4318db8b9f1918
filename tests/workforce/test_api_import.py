"""Importing agents by API: a dry run says what would be, an import does all or nothing (spec R9)."""

from typing import Any

import pytest
import time_machine

from tests.support.api import Api, faults, problem
from tests.workforce.test_roster_import import line, sheet
from workforce.choices import KeyScope
from workforce.models import Agent

pytestmark = pytest.mark.django_db
PATH = "/api/agents/import"


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any, pod: Any, olga: Any) -> Api:
    return Api.of(organization, scopes=[KeyScope.ROSTER])


def send(api: Api, text: str | bytes, query: str = "", type: str = "text/csv; charset=utf-8") -> Any:
    raw = text if isinstance(text, bytes) else text.encode()
    return api.post(PATH + query, raw=raw, type=type)


def test_it_hires_them_all(api: Api) -> None:
    answer = send(api, "\ufeff" + sheet(line("a"), line("b", owner="a")).replace("\n", "\r\n"))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["dry_run"], told["rows"], told["good"], told["faults"]) == (False, 2, 2, [])
    assert [one["agent_name"] for one in told["hired"]] == ["a", "b"]
    assert {str(agent.pk) for agent in Agent.objects.all()} == {one["agent_id"] for one in told["hired"]}


def test_a_dry_run_names_every_bad_line_and_writes_nothing(api: Api) -> None:
    answer = send(api, sheet(line("a"), line("b", team="Nowhere"), line("c", owner="nobody")), "?dry_run=true")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "dry_run": True,
        "rows": 3,
        "good": 1,
        "faults": [
            {"line": 3, "field": "team", "sentence": "There is no such pod in this organisation."},
            {"line": 4, "field": "owner", "sentence": "There is no such person or agent in this organisation."},
        ],
        "hired": [],
    }
    assert not Agent.objects.exists()


def test_bad_lines_are_paths_of_the_problem(api: Api) -> None:
    answer = send(api, sheet(line("a"), line("b", team="Nowhere")))
    assert problem(answer, 400)["detail"] == "Nothing was imported: some lines need to be changed."
    assert faults(answer) == {"lines.3.team": "There is no such pod in this organisation."}
    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"a\x00b", 400),
        (b'"', 400),
        (b"x" * 850_000, 400),
        (b"x" * 950_000, 413),
        (b'agent_name\n"' + b"\n" * 100_000, 400),
    ],
    ids=lambda part: ascii(part)[:20],
)
def test_what_is_no_such_text_is_refused(api: Api, raw: bytes, status: int) -> None:
    assert problem(send(api, raw), status)
    assert not Agent.objects.exists()


def test_other_types_and_queries_are_refused(api: Api) -> None:
    assert problem(send(api, sheet(line()), type="application/json"), 415)
    assert faults(send(api, sheet(line()), "?dry_run=yes")) == {"dry_run": "Choose one of: true, false."}
    assert faults(send(api, sheet(line()), "?dryrun=true")) == {"dryrun": "There is no such field."}
    assert not Agent.objects.exists()


def test_who_may_import(organization: Any, other_organization: Any, agent: Any) -> None:
    text = sheet(line("a"))
    weak = Api.of(organization, scopes=[KeyScope.READ, KeyScope.LIFECYCLE])
    for query in ("", "?dry_run=true"):
        assert problem(send(weak, text, query), 403)["scope"] == "roster"
        assert problem(send(Api.of_agent(agent), text, query), 403)
        assert problem(send(Api(), text, query), 401)
    # Nobody of another organisation is found there.
    assert set(faults(send(Api.of(other_organization), text))) == {"lines.2.team", "lines.2.owner"}
