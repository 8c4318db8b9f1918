"""Zones are IANA names and nothing else, whatever the machine has in its zone folder."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest

from workforce.rules import zones
from workforce.rules.zones import UnknownZone, check_zone, wall_to_utc, zone_choices


def forget() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    for cached in (zones._names, zones._sorted_names, zones._by_folded_name, zones._load):
        cached.cache_clear()


@pytest.fixture
def no_zone_folder() -> Iterator[None]:
    """A machine that ships no zones: only the tzdata package is left."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    forget()
    yield
    zoneinfo.reset_tzpath(to=before)
    forget()


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "Pacific/Apia", "America/Argentina/Ushuaia", "US/Eastern"])
def test_it_takes_iana_names(name: str) -> None:
    assert check_zone(name).key == name


REFUSED = [
    "",
    " ",
    "UTC ",
    " UTC",
    "utc",
    "europe/berlin",
    "EUROPE/BERLIN",
    "Europe",
    "Europe/",
    "/Europe/Berlin",
    "Europe//Berlin",
    "Europe/./Berlin",
    "Europe/Paris/../Berlin",
    "../zoneinfo/UTC",
    "/etc/localtime",
    "/usr/share/zoneinfo/UTC",
    "posix/UTC",
    "posix/Europe/Berlin",
    "right/UTC",
    "right/Europe/Berlin",
    "localtime",
    "posixrules",
    "Factory",
    "zone.tab",
    "tzdata.zi",
    "leapseconds",
    "__init__",
    "UTC+2",
    "+02:00",
    "CET-1CEST",
    "UTC\0",
    "Europe/Berlin\n",
    "Europe\\Berlin",
    "Еurope/Berlin",
    "\ud800",
    "x" * 10_000,
    "Europe/" * 2_000,
    None,
    0,
    True,
    b"UTC",
    ["UTC"],
    {"UTC": 1},
    float("nan"),
]


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: ascii(name)[:30])
def test_it_refuses_all_else_with_a_sentence(name: object) -> None:
    with pytest.raises(UnknownZone) as refused:
        check_zone(name)
    sentence = str(refused.value)
    assert sentence.endswith((".", "?"))
    assert len(sentence) < 150
    assert sentence.isprintable()


def test_it_names_what_was_probably_meant() -> None:
    with pytest.raises(UnknownZone, match="Did you mean America/New_York?"):
        check_zone("america/new york")


def test_choices_are_sorted_and_all_taken() -> None:
    choices = zone_choices()
    assert list(choices) == sorted(set(choices))
    assert {"Europe/Berlin", "UTC", "Asia/Kathmandu"} <= set(choices)
    assert not {"Factory", "localtime", "posixrules"} & set(choices)
    assert all(check_zone(name).key == name for name in choices)
    assert zone_choices() is choices


def test_the_zone_folder_makes_no_difference(no_zone_folder: None) -> None:
    from_package = zone_choices()
    assert all(check_zone(name).key == name for name in from_package)
    for name in REFUSED:
        with pytest.raises(UnknownZone):
            check_zone(name)
    zoneinfo.reset_tzpath()
    forget()
    assert zone_choices() == from_package


def test_it_is_cheap() -> None:
    check_zone("Europe/Berlin")
    began = perf_counter()
    for _ in range(1_000):
        check_zone("Europe/Berlin")
    assert (perf_counter() - began) / 1_000 < 50e-6


@pytest.mark.parametrize(
    "tz, wall, utc",
    [
        ("Europe/Berlin", "2026-07-01 09:00", "2026-07-01 07:00"),
        ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29 01:00"),  # skipped
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:30"),
        ("Europe/Berlin", "2026-03-29 03:00", "2026-03-29 01:00"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),  # twice
        ("Europe/Berlin", "2026-10-25 03:00", "2026-10-25 02:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:45"),
        ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 03:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 22:00"),  # a day that never was
        ("Asia/Kathmandu", "2200-12-31 23:59", "2200-12-31 18:14"),
        ("America/New_York", "1970-01-01 00:00", "1970-01-01 05:00"),
    ],
)
def test_wall_clock_times_follow_the_zone(tz: str, wall: str, utc: str) -> None:
    minute = (datetime.fromisoformat(wall) - datetime(1970, 1, 1)) // timedelta(minutes=1)
    expected = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert wall_to_utc(check_zone(tz), minute) == expected.timestamp()
