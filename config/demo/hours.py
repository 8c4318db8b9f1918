"""Working hours of the demo, as the plain data that ``schedules.create`` takes.

Two agents' hours are laid around the moment of the first start, so that the clock is seen at work within minutes.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAILY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS = DAILY[:5]
SHIFT_LENGTH = timedelta(hours=8)
#: Time for the rest of the start before a clock-out can be watched; whole minutes make it up to a minute more.
ENDS_AFTER = timedelta(seconds=45)
STARTS_AFTER = timedelta(seconds=120)
#: Zones without summer time, where a wall-clock time is the same moment on every day of the year.
ENDS_SOON_ZONE = "Asia/Kolkata"
STARTS_SOON_ZONE = "America/Phoenix"

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def standard(zone: str, days: Sequence[str], start: str, end: str, **policy: Any) -> dict[str, Any]:
    return {"type": "standard", "time_zone": zone, "days": list(days), "start": start, "end": end, **policy}


def shifts(zone: str, *named: tuple[str, Sequence[str], str, str], **policy: Any) -> dict[str, Any]:
    windows = [{"name": name, "days": list(days), "start": start, "end": end} for name, days, start, end in named]
    return {"type": "shift", "time_zone": zone, "shifts": windows, **policy}


def patch_days(now: datetime) -> dict[str, Any]:
    """Sunday nights and every second Tuesday of a month, in UTC; next Saturday too, and not on the last two days of
    the year."""
    first, year = _today(now, "UTC"), now.year
    saturday = first + _DAY * ((5 - first.weekday()) % 7 or 7)
    return {
        "type": "custom",
        "time_zone": "UTC",
        "rules": [
            _rule("Quiet night", first, "03:00", "FREQ=WEEKLY;BYDAY=SU", 180),
            _rule("Patch day", first, "18:00", "FREQ=MONTHLY;BYDAY=2TU", 240),
        ],
        "exceptions": [
            {"kind": "extra", "start": f"{saturday}T10:00", "end": f"{saturday}T12:00", "name": "Release rehearsal"},
            {"kind": "off", "date": f"{year}-12-30", "name": "Nothing is changed at the end of the year"},
            {"kind": "off", "date": f"{year}-12-31", "name": "Nothing is changed at the end of the year"},
        ],
        "grace_minutes": 60,
    }


def audit_evenings(now: datetime) -> dict[str, Any]:
    """Tuesday and Thursday evenings, every other week on Saturday mornings; free at Christmas."""
    zone = "Europe/Berlin"
    first, year = _today(now, zone), now.astimezone(ZoneInfo(zone)).year
    christmas = [f"{year}-12-{day}" for day in (24, 25, 26)]
    return {
        "type": "custom",
        "time_zone": zone,
        "rules": [
            _rule("Evening crawl", first, "18:00", "FREQ=WEEKLY;BYDAY=TU,TH", 300),
            _rule("Long crawl", first, "08:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", 240),
        ],
        "exceptions": [{"kind": "off", "date": day, "name": "Christmas"} for day in christmas],
        "off_hours_action": "stop",
    }


def ends_soon(now: datetime) -> dict[str, Any]:
    """Daily hours whose running shift ends 45 to 105 seconds after ``now``, at once and with a pause."""
    end = _whole_minute(now + ENDS_AFTER)
    return _around(ENDS_SOON_ZONE, end - SHIFT_LENGTH, end, off_hours_action="pause", grace_minutes=0)


def starts_soon(now: datetime) -> dict[str, Any]:
    """Daily hours whose next shift begins two to three minutes after ``now``, with a wake."""
    start = _whole_minute(now + STARTS_AFTER)
    return _around(STARTS_SOON_ZONE, start, start + SHIFT_LENGTH, off_hours_action="pause", grace_minutes=10)


def _around(zone: str, start: datetime, end: datetime, **policy: Any) -> dict[str, Any]:
    local = ZoneInfo(zone)
    closes = f"{end.astimezone(local):%H:%M}"
    return standard(
        zone,
        DAILY,
        f"{start.astimezone(local):%H:%M}",
        "24:00" if closes == "00:00" else closes,
        enforce_clock_out=True,
        auto_wake=True,
        **policy,
    )


def _rule(name: str, first: date, start: str, rrule: str, minutes: int) -> dict[str, Any]:
    return {"name": name, "dtstart": f"{first}T{start}", "rrule": rrule, "duration_minutes": minutes}


def _today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _whole_minute(moment: datetime) -> datetime:
    """The first whole minute at or after the moment."""
    down = moment.replace(second=0, microsecond=0)
    return down if down == moment else down + _MINUTE
