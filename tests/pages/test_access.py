"""Who sees which pages: strangers, people without an organisation, people with several."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import is_valid_path

from tests.factories import AgentFactory, MembershipFactory, UserFactory
from tests.pages.conftest import HTMX
from tests.pages.html import parse
from workforce.choices import Role

PAGES = ["/", "/overview/live", "/overview.csv", "/history", "/history.csv", "/preferences"]
PAGES += ["/budgets", "/budgets/live", "/budgets.csv"]
PAGES += ["/schedules/leave", "/schedules/leave.csv", "/schedules/leave/new", "/schedules/leave/covers"]
PAGES += ["/agents/import", "/agents/import/template.csv", "/agents/roster.csv"]
FORMS = [
    "/agents/import",
    "/agents/bulk",
    "/schedules/leave/new",
    "/organization",
    "/notices/read",
    "/preferences/theme",
    "/preferences/time-zone",
]
Reader = Callable[..., Client]


def of_agent(agent: Any) -> list[str]:
    return [
        f"/agents/{agent.pk}/{verb}" for verb in ("clock-in", "clock-out", "hours", "hours/preview", "hours/delete")
    ]


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_sent_to_sign_in(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"] == f"/sign-in?next={path}"


def test_strangers_can_post_nothing(client: Client, agent: Any) -> None:
    for path in [*FORMS, *of_agent(agent)]:
        answer = client.post(path, {"theme": "dark", "organization": str(agent.organization_id)})
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/sign-in"), path


def test_a_fragment_sends_a_stranger_to_sign_in_and_back(client: Client, agent: Any) -> None:
    headers = {**HTMX, "HX-Current-URL": "http://testserver/?q=triage"}
    answer = client.post(f"/agents/{agent.pk}/clock-in", headers=headers)
    assert answer["HX-Redirect"] == "/sign-in?next=/%3Fq%3Dtriage"


def test_people_without_an_organisation_are_told_what_to_do(reader: Reader, agent: Any) -> None:
    nobody = reader(UserFactory(email="new@example.com"))
    for path in ("/", "/history", f"/agents/{agent.pk}/hours"):
        answer = nobody.get(path)
        assert answer.status_code == 403
        assert "Ask a workforce manager to add that address" in parse(answer).text
    assert nobody.get("/preferences").status_code == 200
    assert agent.agent_name not in parse(nobody.get("/")).text


def test_another_organisations_agent_is_not_there(reader: Reader, alice: Any, other_organization: Any) -> None:
    foreign = AgentFactory(organization=other_organization, agent_name="foreign-01")
    for path in of_agent(foreign):
        answer = reader(alice).post(path, {"type": "standard"})
        missing = reader(alice).post(path.replace(str(foreign.pk), str(uuid4())), {"type": "standard"})
        assert (answer.status_code, missing.status_code) in {(404, 404), (200, 200)}, path
        assert "foreign-01" not in answer.content.decode()
    assert reader(alice).get(f"/agents/{foreign.pk}/hours").status_code == 404
    assert "foreign-01" not in parse(reader(alice).get("/?q=foreign")).one("div", id="roster").text


def test_the_header_switches_between_ones_own_organisations(
    reader: Reader, alice: Any, agent: Any, other_organization: Any
) -> None:
    MembershipFactory(organization=other_organization, user=alice, role=Role.VIEWER)
    AgentFactory(organization=other_organization, agent_name="elsewhere-01")
    client = reader(alice)
    assert "support-triage-01" in parse(client.get("/")).text
    answer = client.post("/organization", {"organization": str(other_organization.pk)})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    page = parse(client.get("/"))
    assert "elsewhere-01" in page.text
    assert "support-triage-01" not in page.text
    assert page.one("summary", class_="org").text == "OI Organisation: Other Inc"


@pytest.mark.parametrize("wanted", ["", "not-an-id", "0199a0b2-0000-7000-8000-000000000000"])
def test_it_switches_to_no_other(reader: Reader, alice: Any, wanted: str) -> None:
    assert reader(alice).post("/organization", {"organization": wanted}).status_code == 404


def test_it_does_not_switch_to_a_foreign_one(reader: Reader, alice: Any, other_organization: Any) -> None:
    client = reader(alice)
    assert client.post("/organization", {"organization": str(other_organization.pk)}).status_code == 404
    assert "Halden Freight" in parse(client.get("/")).one("title").text


def test_a_membership_that_ended_is_not_believed(reader: Reader, alice: Any, other_organization: Any) -> None:
    second = MembershipFactory(organization=other_organization, user=alice, role=Role.VIEWER)
    client = reader(alice)
    client.post("/organization", {"organization": str(other_organization.pk)})
    second.delete()
    assert "Halden Freight" in parse(client.get("/")).one("title").text


def test_one_organisation_needs_no_switch(reader: Reader, alice: Any) -> None:
    assert not parse(reader(alice).get("/")).all("form", action="/organization")


def test_the_rail_lists_what_exists(reader: Reader, alice: Any, hugo: Any) -> None:
    tabs = [tab for tab in ("/", "/schedules", "/tasks", "/budgets", "/history") if is_valid_path(tab)]
    for person, places in ((alice, [*tabs, "/api/docs"]), (hugo, [*tabs, "/admin/", "/api/docs"])):
        client = reader(person)
        rail = parse(client.get("/")).one("nav", class_="rail")
        assert [a.attrs["href"] for ul in rail.all("ul") for a in ul.all("a")] == places
        for place in places:
            assert client.get(place).status_code == 200, place


@pytest.mark.parametrize("path", [*PAGES, "/sign-in"])
def test_reading_writes_nothing(reader: Reader, alice: Any, agent: Any, path: str) -> None:
    client = reader(alice)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
        b"".join(answer.streaming_content) if answer.streaming else answer.content
    # PostgreSQL declares a cursor for what is streamed.
    assert {query["sql"].split()[0] for query in queries} <= {"SELECT", "DECLARE"}
