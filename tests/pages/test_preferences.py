"""What a person prefers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.pages.html import parse

Reader = Callable[..., Client]


def save(client: Client, **values: str) -> Any:
    return client.post("/preferences", {"name": "Alice", "time_zone": "Europe/Berlin", "theme": "system", **values})


def test_it_saves_name_zone_and_theme(reader: Reader, alice: Any) -> None:
    client = reader(alice)
    answer = save(client, name="Alice Ahlberg", time_zone="America/New_York", theme="dark")
    assert (answer.status_code, answer["Location"]) == (302, "/preferences")
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.theme) == ("Alice Ahlberg", "America/New_York", "dark")
    page = parse(client.get("/preferences"))
    assert page.one("html").attrs["data-theme"] == "dark"
    assert page.one("h1").text == "Times are shown in New York"
    assert page.one("div", class_="toast").one("span").text == "Preferences saved."


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "is not a time zone"),
        ({"time_zone": "posix/UTC"}, "time_zone", "is not a time zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "is not a time zone"),
        ({"theme": "pink"}, "theme", "Choose one of"),
        ({"name": "  "}, "name", "Give a name"),
        ({"name": "x" * 121}, "name", "Give a name"),
        ({"name": "a\x00b"}, "name", ""),
    ],
)
def test_it_says_beside_the_field_what_is_wrong(
    reader: Reader, alice: Any, values: dict[str, str], field: str, sentence: str
) -> None:
    answer = save(reader(alice), **values)
    assert answer.status_code == 400
    page = parse(answer)
    (fault,) = page.all("small", class_="fault")
    assert sentence in fault.text
    holders = [n for n in page.walk() if fault in n.children and (n.all("input", name=field) or n.tag == "fieldset")]
    assert holders
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.theme) == ("Alice", "Europe/Berlin", "system")


def test_what_was_typed_is_kept(reader: Reader, alice: Any) -> None:
    page = parse(save(reader(alice), name="Alice Ahlberg", time_zone="Mars/Olympus"))
    assert page.one("input", name="name").attrs["value"] == "Alice Ahlberg"
    assert page.one("input", name="time_zone").attrs["value"] == "Mars/Olympus"


def test_the_switch_in_the_header_keeps_the_theme(reader: Reader, alice: Any) -> None:
    client = reader(alice)
    assert client.post("/preferences/theme", {"theme": "dark"}).status_code == 204
    assert parse(client.get("/history")).one("html").attrs["data-theme"] == "dark"
    assert client.post("/preferences/theme", {"theme": "pink"}).status_code == 400
    assert client.get("/preferences/theme").status_code == 405


def test_the_browsers_zone_is_taken_once(reader: Reader, alice: Any) -> None:
    client = reader(alice)
    assert "data-detect-zone" in parse(client.get("/")).one("body").attrs
    assert client.post("/preferences/time-zone", {"time_zone": "Asia/Tokyo"}).status_code == 204
    assert "data-detect-zone" not in parse(client.get("/")).one("body").attrs
    client.post("/preferences/time-zone", {"time_zone": "Europe/Lisbon"})
    alice.refresh_from_db()
    assert alice.time_zone == "Asia/Tokyo"


def test_the_browsers_zone_never_overrides_a_choice(reader: Reader, alice: Any) -> None:
    client = reader(alice)
    save(client, time_zone="Europe/Rome")
    client.post("/preferences/time-zone", {"time_zone": "Asia/Tokyo"})
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Rome"


def test_a_zone_nobody_knows_is_not_taken(reader: Reader, alice: Any) -> None:
    assert reader(alice).post("/preferences/time-zone", {"time_zone": "Mars/Olympus"}).status_code == 400


def test_a_stored_zone_this_machine_lost_does_not_break_pages(reader: Reader, alice: Any) -> None:
    alice.time_zone = "Atlantis/Capital"
    alice.save(update_fields=["time_zone"])
    for path in ("/", "/history", "/preferences", "/history.csv"):
        assert reader(alice).get(path).status_code == 200
    assert "13:32 in UTC" in parse(reader(alice).get("/").content.decode().replace("</time>", "")).text
