"""What the reader has not read yet."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.pages.conftest import HTMX
from tests.pages.html import parse
from workforce.models import Notice
from workforce.services import notices

Reader = Callable[..., Client]


@pytest.fixture
def tell(organization: Any, at_now: datetime) -> Callable[..., Notice]:
    def told(person: Any, text: str, *, kind: str = "late", minutes_ago: int = 4, where: Any = organization) -> Notice:
        notices.tell(
            organization=where,
            recipients=[person],
            kind=kind,
            text=text,
            subject=("agent", "x", text.split()[0]),
            key=text,
            now=at_now - timedelta(minutes=minutes_ago),
        )
        return Notice.objects.get(key=text, recipient=person)

    return told


def lines(page: Any) -> list[str]:
    return [item.text for item in page.one("div", id="need").all("li")]


def test_nothing_unread_shows_nothing(reader: Reader, alice: Any) -> None:
    need = parse(reader(alice).get("/")).one("div", id="need")
    assert need.text == ""


def test_the_newest_stand_first_with_what_they_are(reader: Reader, alice: Any, tell: Any) -> None:
    tell(alice, "kb-01 is late. It was due at 09:00.", minutes_ago=20)
    tell(alice, "kb-02 was not clocked in.", kind="not_woken")
    shown = lines(parse(reader(alice).get("/")))
    assert shown[0].startswith("Not awake kb-02 was not clocked in. 4 min ago")
    assert shown[1].startswith("Late kb-01 is late. It was due at 09:00. 20 min ago")


def test_one_is_marked_read_in_place(reader: Reader, alice: Any, tell: Any) -> None:
    first, second = tell(alice, "kb-01 is late."), tell(alice, "kb-02 is late.")
    answer = reader(alice).post(f"/notices/{first.pk}/read", headers=HTMX)
    part = parse(answer).one("div", id="need")
    assert part.attrs["hx-swap-oob"] == "true"
    assert [line for line in lines(parse(answer)) if "kb-01" in line] == []
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.read_at is not None
    assert second.read_at is None


def test_all_are_marked_read_without_a_script_too(reader: Reader, alice: Any, tell: Any) -> None:
    tell(alice, "kb-01 is late.")
    tell(alice, "kb-02 is late.")
    answer = reader(alice).post("/notices/read", follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert parse(answer).one("div", id="need").text == ""


def test_many_are_counted(reader: Reader, alice: Any, tell: Any) -> None:
    for number in range(8):
        tell(alice, f"kb-{number} is late.", minutes_ago=number)
    shown = lines(parse(reader(alice).get("/")))
    assert len(shown) == 6
    assert shown[-1] == "3 more, older Mark all read"


def test_others_notices_are_not_shown_nor_marked(
    reader: Reader, alice: Any, lee: Any, tell: Any, other_organization: Any
) -> None:
    theirs = tell(lee, "kb-01 is late.")
    elsewhere = tell(alice, "kb-09 is late.", where=other_organization)
    client = reader(alice)
    assert parse(client.get("/")).one("div", id="need").text == ""
    for notice in (theirs, elsewhere):
        client.post(f"/notices/{notice.pk}/read", headers=HTMX)
    client.post("/notices/read", headers=HTMX)
    assert Notice.objects.filter(read_at__isnull=False).count() == 0
