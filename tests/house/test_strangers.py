"""Every address refuses a stranger: someone without a session on pages, without a key on the API (spec P1, P4)."""

import pytest
from django.test import Client
from django.urls import resolve, reverse

from tests.house.routes import Route, routes
from workforce.choices import KeyScope
from workforce.services import keys

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: Open to anyone, and why.
OPEN = {
    "sign-in": "where strangers become known",
    "sign-out": "ends a session and has none to end",
    "healthz": "asked by proxies and supervisors; says nothing but that it lives",
    "readyz": "asked by proxies and supervisors; names sweeps, not data",
    "schema": "the shape of the API, nothing of anyone",
    "docs": "the shape of the API, nothing of anyone",
    "problem": "what a kind of error means",
    "admin:jsi18n": "words of the admin's scripts",
    "admin:logout": "ends a session and has none to end",
}
#: The mount's last route answers whatever nothing else matched: 404, to anyone.
UNKNOWN = "/api/nothing-here"
ROUTES = [route for route in routes() if route.path != UNKNOWN]
CLOSED = [route for route in ROUTES if route.name not in OPEN]
API = [route for route in CLOSED if route.path.startswith("/api/")]
PAGES = [route for route in CLOSED if not route.path.startswith("/api/")]


def test_the_walk_finds_pages_api_and_admin() -> None:
    names = {route.name for route in ROUTES}
    assert {"overview", "clock-history", "api-status", "api-heartbeats", "admin:index"} <= names
    assert "admin:workforce_agent_changelist" in names


def test_every_path_leads_to_its_own_view() -> None:
    for route in ROUTES:
        assert resolve(route.path).func == route.view or "nothing-here" in route.path, route


def test_the_open_ones_exist() -> None:
    """An address that is gone must leave the list, or a later one of the same name would be open unseen."""
    assert OPEN.keys() <= {route.name for route in ROUTES}


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_api_path_is_unknown_to_anyone(method: str, db: None) -> None:
    assert Client().generic(method, UNKNOWN).status_code == 404


def is_refusal(route: Route, status: int, location: str) -> bool:
    """401 from the API; from pages and the admin the way to the sign-in page."""
    if route in API:
        return status == 401
    doors = [reverse("sign-in"), *([reverse("admin:login")] if route.path.startswith("/admin/") else [])]
    return status == 302 and location.split("?")[0] in doors


@pytest.fixture(scope="module")
def stranger() -> Client:
    """One for all: making a client loads the middleware anew."""
    return Client()


@pytest.mark.django_db
@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_it_refuses_a_stranger(route: Route, stranger: Client) -> None:
    stranger.cookies.clear()
    refused = set()
    for method in METHODS:
        answer = stranger.generic(method, route.path, b"{}", content_type="application/json")
        if answer.status_code == 405:
            continue
        assert is_refusal(route, answer.status_code, answer.headers.get("Location", "")), (
            f"{method} {route.path} answered a stranger with {answer.status_code}"
        )
        refused.add(method)
    assert refused, f"{route} answers to no method at all"


def test_the_api_does_not_look_at_a_session(client: Client, alice) -> None:
    client.force_login(alice)
    for route in API:
        for method in METHODS:
            answer = client.generic(method, route.path, b"{}", content_type="application/json")
            assert answer.status_code in (401, 405), f"{method} {route.path}"


def test_pages_do_not_look_at_a_key(client: Client, agent, alice, actor, now) -> None:
    _, token = keys.issue(organization=agent.organization, name="k", scopes=list(KeyScope), by=actor(alice), now=now)
    for route in PAGES:
        for method in ("GET", "POST"):
            answer = client.generic(method, route.path, b"", headers={"Authorization": f"Bearer {token}"})
            refusal = is_refusal(route, answer.status_code, answer.headers.get("Location", ""))
            assert refusal or answer.status_code == 405, f"{method} {route.path}"
