"""Where no endpoint answers: problem documents under ``/api/``, pages for people elsewhere, no detail of a fault."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from tests.support.api import Api, problem
from workforce.api import problem_types
from workforce.api.agents import AgentList
from workforce.services import keys

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/agents/", "/api/workforce/status/x", "/api/workforce/../agents"]
)
def test_an_unknown_address_is_a_problem_document(organization: Any, path: str, method: str) -> None:
    for api in (Api(), Api.of(organization)):
        refusal = problem(api.call(method, path), 404)
        assert refusal["detail"] == "There is nothing at this address."
        assert refusal["instance"] == path


def test_in_debug_mode_too(settings: Any) -> None:
    settings.DEBUG = True
    problem(Api().get("/api/nothing"), 404)


def test_elsewhere_it_is_a_page() -> None:
    response = Client().get("/nothing")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/api/workforce/status", "POST", {"GET", "HEAD", "OPTIONS"}),
        ("/api/agents", "DELETE", {"GET", "POST", "HEAD", "OPTIONS"}),
        ("/api/workforce/schedules", "PUT", {"GET", "POST", "HEAD", "OPTIONS"}),
        ("/api/workforce/status", "POST", {"GET", "HEAD", "OPTIONS"}),
        ("/api/schema", "POST", {"GET", "HEAD"}),
        ("/api/docs", "DELETE", {"GET", "HEAD"}),
        ("/api/docs/problems/invalid", "PUT", {"GET", "HEAD"}),
        ("/api/heartbeats", "GET", {"POST"}),
    ],
)
def test_a_method_it_does_not_take(organization: Any, path: str, method: str, allowed: set[str]) -> None:
    response = Api.of(organization).call(method, path)
    assert problem(response, 405)["code"] == "method_not_allowed"
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("method", ["TRACE", "BREW", "get"])
def test_an_odd_method_is_refused(organization: Any, method: str) -> None:
    assert Api.of(organization).call(method, "/api/agents").status_code in (405, 200)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "application/json;version=2;q=0"])
def test_only_json_is_answered(organization: Any, accept: str) -> None:
    api = Api.of(organization)
    api.headers["Accept"] = accept
    response = api.get("/api/agents")
    if accept.startswith("application/json"):
        assert response.status_code in (200, 406)
    else:
        assert problem(response, 406)["code"] == "not_acceptable"


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "text/html, */*;q=0.1"])
def test_whoever_takes_json_gets_it(organization: Any, accept: str) -> None:
    api = Api.of(organization)
    api.headers["Accept"] = accept
    assert api.get("/api/agents").headers["Content-Type"] == "application/json"


def test_a_fault_of_ours_says_nothing_of_itself(organization: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **options: Any) -> Any:
        raise RuntimeError("the secret is in the traceback")

    monkeypatch.setattr(AgentList, "get", broken)
    api = Api.of(organization)
    api.client.raise_request_exception = False
    response = api.get("/api/agents")
    refusal = problem(response, 500)
    assert refusal["code"] == "server_error"
    assert b"secret" not in response.content and b"RuntimeError" not in response.content


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("where", ["while the key is checked", "in the endpoint"])
def test_a_lost_database_is_503(organization: Any, monkeypatch: pytest.MonkeyPatch, error: Any, where: str) -> None:
    def lost(*args: Any, **options: Any) -> Any:
        raise error("could not connect to postgres://secret@db.internal")

    api = Api.of(organization)
    target: tuple[Any, str] = (keys, "authenticate") if where.startswith("while") else (AgentList, "get")
    monkeypatch.setattr(*target, lost)
    response = api.get("/api/agents")
    refusal = problem(response, 503)
    assert refusal["code"] == "unavailable"
    assert response.headers["Retry-After"] == "5"
    assert b"secret" not in response.content


def test_a_lost_database_before_any_view_is_503_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*args: Any, **options: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", lost)
    client = Client(raise_request_exception=False)
    assert problem(client.get("/api/agents"), 503)["code"] == "unavailable"


def test_a_foreign_host_is_refused(organization: Any) -> None:
    api = Api.of(organization)
    api.headers["Host"] = "evil.example"
    assert problem(api.get("/api/agents"), 400)["code"] == "bad_request"


def test_the_callers_request_id_is_kept(organization: Any) -> None:
    api = Api.of(organization)
    api.headers["X-Request-ID"] = "run-2026-11-19.4711"
    assert problem(api.get("/api/agents/x"), 404)["request_id"] == "run-2026-11-19.4711"


@pytest.mark.parametrize("code", problem_types.PROBLEMS)
def test_every_kind_of_problem_has_its_page(code: str) -> None:
    response = Client().get(problem_types.type_uri(code))
    assert response.status_code == 200
    assert problem_types.PROBLEMS[code].title in response.content.decode().replace("&#x27;", "'")


def test_an_unknown_kind_of_problem_has_none() -> None:
    problem(Client().get("/api/docs/problems/nonsense"), 404)


def test_codes_of_services_without_a_page_share_that_of_their_status() -> None:
    for status, code in problem_types.STATUS_CODES.items():
        assert problem_types.PROBLEMS[code].status == status


def test_options_describes_without_a_fault(organization: Any) -> None:
    response = Api.of(organization).call("OPTIONS", "/api/agents")
    assert response.status_code == 200
    json.loads(response.content)


def test_the_docs_page_has_no_inline_script_or_style() -> None:
    for path in ("/api/docs", "/api/docs/problems/invalid"):
        page = Client().get(path).content.decode()
        assert "<script>" not in page and "<style" not in page and "style=" not in page and "onclick" not in page
        assert "http://" not in page and "https://" not in page
    assert Path("static/api/docs.js").exists()
