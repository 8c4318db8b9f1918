"""What a clock change does to a window, in sentences, held to the minutes themselves (spec W3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.rules.custom import CustomHours, Extra
from scheduling.rules.dst import changes, dst_notes
from scheduling.rules.hours import check_hours
from scheduling.rules.weeks import second_of
from scheduling.rules.words import length_in_words
from tests.scheduling.rules.oracle import scan, to_minute
from tests.scheduling.rules.test_custom_hours import LENGTHS, TRANSITIONS, around, at
from tests.scheduling.rules.transitions import TRANSITIONS as ODD_ONES
from workforce.rules.zones import check_zone


def clock(minute: int) -> str:
    return f"{minute % 1440 // 60:02}:{minute % 60:02}"


@pytest.mark.parametrize(("tz", "change"), TRANSITIONS)
def test_every_window_about_a_clock_change_is_told_of_as_the_minutes_say(tz: str, change: str) -> None:
    moment = to_minute(at(change))
    seen = scan(tz, moment - 5 * 1440, moment + 6 * 1440)
    offsets = {utc: wall - utc for wall, utc in seen.utc_of.items() if utc < moment - 60 or utc > moment + 60}
    before, after = offsets[moment - 61], offsets[moment + 61]
    shown_again = range(moment + after, moment + before)
    kinds = set()
    for start in around(tz, change):
        for minutes in LENGTHS:
            end = start + minutes
            hours = CustomHours(tz, (), (), (), (Extra(start, end, ""),))
            found = dst_notes(hours, at(change) - timedelta(days=3))
            begins, ends = seen.utc_of[start], seen.utc_of[end]
            # At the very moment of the change the clocks show the time after it.
            real = [utc + (before if utc < moment else after) for utc in (begins, ends)]
            expected = []
            if begins >= ends:
                expected = ["does not take place"]
            else:
                if real[0] != start:
                    expected.append(f"starts at {clock(real[0])} instead of {clock(start)}")
                if real[1] != end and end > moment + before:
                    expected.append(f"ends at {clock(real[1])} instead of {clock(end)}")
                if ends - begins != minutes:
                    lengths = length_in_words(ends - begins), length_in_words(minutes)
                    expected.append(f"lasts {lengths[0]} instead of {lengths[1]}")
                if not expected and start in shown_again and end in shown_again:
                    expected = ["takes place the first time the clocks show it"]
                elif not expected and end in shown_again[1:]:
                    expected = [f"ends the first time the clocks show {clock(end)}"]
            said = [re.sub(r"^.*?, the window .*?\d\d:\d\d(?:–\d\d:\d\d| for \d+ days) ", "", note) for note in found]
            assert said == ([" and ".join(expected) + "."] if expected else []), (start, minutes)
            kinds |= {sentence.split()[0] for sentence in expected}
    assert {"lasts"} < kinds, "something of each kind was seen"


@pytest.mark.parametrize(
    ("tz", "now", "window", "note"),
    [
        (
            "America/New_York", "2026-10-30T12:00Z", ("01:00", "05:00"),
            "Sun 1 Nov: clocks go back at 02:00, the window 01:00–05:00 lasts 5 h instead of 4 h.",
        ),
        (
            "America/New_York", "2026-03-05T12:00Z", ("02:10", "02:20"),
            "Sun 8 Mar: clocks go forward at 02:00, the window 02:10–02:20 starts at 03:10 instead of 02:10"
            " and ends at 03:20 instead of 02:20.",
        ),
        (
            "Australia/Lord_Howe", "2026-04-01T12:00Z", ("22:00", "06:00"),
            "Sun 5 Apr: clocks go back 30 min at 02:00, the window 22:00–06:00 lasts 8 h 30 min instead of 8 h.",
        ),
        (
            "Australia/Lord_Howe", "2026-09-30T12:00Z", ("02:10", "04:00"),
            "Sun 4 Oct: clocks go forward 30 min at 02:00, the window 02:10–04:00 starts at 02:40 instead of 02:10"
            " and lasts 1 h 20 min instead of 1 h 50 min.",
        ),
        (
            "Europe/Berlin", "2026-03-24T12:00Z", ("02:15", "03:10"),
            "Sun 29 Mar: clocks go forward at 02:00, the window 02:15–03:10 does not take place.",
        ),
        (
            "Europe/Berlin", "2026-10-20T12:00Z", ("01:00", "02:30"),
            "Sun 25 Oct: clocks go back at 03:00, the window 01:00–02:30 ends the first time the clocks show 02:30.",
        ),
    ],
)  # fmt: skip
def test_the_sentences(tz: str, now: str, window: tuple[str, str], note: str) -> None:
    shift = {"days": ["sat", "sun"], "start": window[0], "end": window[1]}
    assert dst_notes(check_hours("standard", tz, [shift]), at(now)) == [note]


def night(name: str = "Night") -> object:
    return check_hours("shift", "Europe/Berlin", [{"name": name, "days": ["sat"], "start": "22:00", "end": "06:00"}])


def test_a_shift_is_called_by_its_name() -> None:
    (note,) = dst_notes(night(), at("2026-10-20T12:00Z"))  # type: ignore[arg-type]
    assert note == "Sun 25 Oct: clocks go back at 03:00, the window Night 22:00–06:00 lasts 9 h instead of 8 h."


def test_the_next_change_is_told_within_sixty_days() -> None:
    change = at("2026-10-25T01:00Z")
    assert len(dst_notes(night(), change - timedelta(days=59))) == 1  # type: ignore[arg-type]
    assert dst_notes(night(), change - timedelta(days=61)) == []  # type: ignore[arg-type]
    assert dst_notes(night(), change) == [], "it has happened"  # type: ignore[arg-type]
    assert len(dst_notes(night(), change - timedelta(seconds=1))) == 1  # type: ignore[arg-type]


def test_windows_in_daylight_are_let_be() -> None:
    office = check_hours("standard", "Europe/Berlin", [{"days": ["sun"], "start": "09:00", "end": "17:00"}])
    assert dst_notes(office, at("2026-10-20T12:00Z")) == []


def test_only_the_first_change_after_the_coming_days_is_told() -> None:
    """Casablanca's clocks go back and forward again within sixty days."""
    always = check_hours("standard", "Africa/Casablanca", [{"days": ["sun"], "start": "00:00", "end": "24:00"}])
    notes = dst_notes(always, at("2025-02-10T12:00Z"))
    assert [note.split(":")[0] for note in notes] == ["Sun 23 Feb"]
    assert [note.split(":")[0] for note in dst_notes(always, at("2025-02-20T12:00Z"))] == ["Sun 23 Feb", "Sun 6 Apr"]


def test_a_moment_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="needs its time zone"):
        dst_notes(night(), datetime(2026, 10, 20))  # type: ignore[arg-type]


@pytest.mark.parametrize(("tz", "change"), ODD_ONES)
def test_changes_are_found_to_the_second(tz: str, change: str) -> None:
    second = second_of(at(change))
    zone = check_zone(tz)
    assert second in [found.at for found in changes(zone, second - 40 * 86400, second + 40 * 86400)]
    assert [found.at for found in changes(zone, second - 1, second)] == [second]
    assert list(changes(zone, second, second + 3600)) == []


def test_utc_never_changes() -> None:
    now = second_of(datetime(2026, 1, 1, tzinfo=UTC))
    assert list(changes(check_zone("UTC"), now, now + 10 * 366 * 86400)) == []
