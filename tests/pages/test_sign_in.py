"""Signing in and out."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import PASSWORD, UserFactory
from tests.pages.html import parse

WRONG = "That e-mail address and password do not match. Check both; capital letters count."


@pytest.fixture
def person(alice: Any) -> Any:
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    return alice


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", {"username": email, "password": password, **more})


def test_it_signs_in_and_goes_to_the_overview(client: Client, person: Any) -> None:
    answer = sign_in(client, person.email)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_capital_letters_in_the_address_do_not_count(client: Client, person: Any) -> None:
    assert sign_in(client, f" {person.email.upper()} ").status_code == 302


def test_unknown_people_and_wrong_passwords_get_the_same_answer(client: Client, person: Any) -> None:
    wrong = sign_in(client, person.email, "not this one")
    unknown = sign_in(client, "nobody@example.com", "not this one")
    inactive = UserFactory(email="gone@example.com", password=PASSWORD, is_active=False)
    gone = sign_in(client, inactive.email)
    assert {answer.status_code for answer in (wrong, unknown, gone)} == {200}
    assert {parse(answer).one("p", role="alert").text for answer in (wrong, unknown, gone)} == {WRONG}


def test_what_was_typed_stays_but_the_password(client: Client, person: Any) -> None:
    page = parse(sign_in(client, person.email, "not this one"))
    assert page.one("input", name="username").attrs["value"] == person.email
    assert "value" not in page.one("input", name="password").attrs


def test_it_goes_on_to_the_page_that_was_asked_for(client: Client, person: Any) -> None:
    asked = client.get("/history?event=auto_wake")
    assert asked["Location"] == "/sign-in?next=/history%3Fevent%3Dauto_wake"
    form = parse(client.get(asked["Location"]))
    answer = sign_in(client, person.email, next=form.one("input", name="next").attrs["value"])
    assert answer["Location"] == "/history?event=auto_wake"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_never_leaves_this_host(client: Client, person: Any, target: str) -> None:
    assert sign_in(client, person.email, next=target)["Location"] == "/"
    assert client.get("/sign-in", {"next": target})["Location"] == "/"


def test_the_session_is_renewed(client: Client, person: Any) -> None:
    client.get("/sign-in")
    session = client.session
    session["planted"] = "by a stranger"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client, person.email)
    assert client.cookies["sessionid"].value != before


def test_guessing_is_limited_with_a_page_that_says_so(client: Client, person: Any) -> None:
    answers = [sign_in(client, person.email, "guess") for _ in range(8)]
    locked = answers[-1]
    assert locked.status_code == 429
    assert "closed for 15 minutes" in parse(locked).text
    assert sign_in(client, person.email).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, person.email).status_code == 302


def test_signing_out_takes_a_post(client: Client, person: Any) -> None:
    sign_in(client, person.email)
    assert client.get("/sign-out").status_code == 405
    answer = client.post("/sign-out")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")
    assert client.get("/")["Location"] == "/sign-in?next=/"


def test_pages_of_a_person_are_not_kept_by_the_browser(client: Client, person: Any) -> None:
    sign_in(client, person.email)
    assert "no-store" in client.get("/")["Cache-Control"]


def test_a_form_without_its_token_is_refused_in_words(person: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = sign_in(strict, person.email)
    assert answer.status_code == 403
    assert "Load it again" in parse(answer).text
    page = strict.get("/sign-in").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None
    assert sign_in(strict, person.email, csrfmiddlewaretoken=token[1]).status_code == 302
