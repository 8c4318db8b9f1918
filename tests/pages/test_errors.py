"""When there is no page to show."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.pages.conftest import HTMX
from tests.pages.html import parse
from workforce.views import errors

Reader = Callable[..., Client]


def test_a_member_keeps_the_frame(reader: Reader, alice: Any) -> None:
    answer = reader(alice).get("/nowhere")
    assert answer.status_code == 404
    page = parse(answer)
    assert page.one("h1").text == "Nothing here"
    assert page.all("nav", class_="rail")


def test_a_stranger_gets_a_plain_page(client: Client, db: None) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert not parse(answer).all("nav")
    assert parse(answer).one("a", class_="pri").attrs["href"] == "/"


@pytest.mark.parametrize("path", ["/agents/not-a-uuid/hours", "/agents//hours", "/history/", "/nowhere?q=%F0%9F%98%80"])
def test_malformed_addresses_are_404(reader: Reader, alice: Any, path: str) -> None:
    assert reader(alice).get(path).status_code == 404


def test_a_foreign_host_is_refused_plainly(client: Client, db: None) -> None:
    answer = client.get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert parse(answer).one("h1").text == "That request could not be read"
    assert "evil.example" not in answer.content.decode()


def test_a_fault_says_nothing_about_itself(reader: Reader, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("scheduling.selectors.roster.counts_of", broken)
    client = reader(alice, raise_request_exception=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert parse(answer).one("h1").text == "That did not work"
    assert "42" not in answer.content.decode()
    fragment = client.get("/overview/live", headers=HTMX)
    assert fragment.status_code == 500
    assert json.loads(fragment["HX-Trigger"])["toast"]["bad"] is True


def test_the_page_for_a_fault_asks_no_database(rf: RequestFactory) -> None:
    """Outside a database fixture a query would raise."""
    answer = errors.server_error(rf.get("/"))
    assert (answer.status_code, parse(answer).one("h1").text) == (500, "That did not work")


@pytest.mark.parametrize(
    ("view", "status"), [(errors.bad_request, 400), (errors.permission_denied, 403), (errors.not_found, 404)]
)
def test_fragments_get_a_toast(rf: RequestFactory, view: Callable[..., Any], status: int) -> None:
    answer = view(rf.get("/", headers=HTMX), None)
    assert answer.status_code == status
    assert json.loads(answer["HX-Trigger"])["toast"]["text"]
    assert answer.content == b""


def test_a_forbidden_page_keeps_the_frame_for_members(
    rf: RequestFactory, reader: Reader, alice: Any, organization: Any
) -> None:
    request = rf.get("/")
    request.organization = organization  # type: ignore[attr-defined]
    request.user = alice
    answer = errors.permission_denied(request, None)
    assert answer.status_code == 403
    assert parse(answer).one("h1").text == "This is not open to you"
    assert parse(answer).all("nav", class_="rail")
