"""Windows a cap counts in: calendar days, weeks, months and years in a zone, half-open, in UTC (spec B1)."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from budgets.choices import CapWindow
from workforce.rules.zones import check_zone, wall_to_utc

Bounds = tuple[datetime, datetime]
_EPOCH = date(1970, 1, 1)
_UTC_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_at(window: CapWindow, tz: str, at: datetime) -> Bounds:
    """The window that holds ``at``: its start and the next one's start, in UTC.

    Both are midnights on the zone's clocks: one that the clocks skip comes right after the gap, one that they show
    twice is the first. The window is found by its instants, whatever the clocks show at ``at``. Raises ``UnknownZone``.
    """
    zone = check_zone(tz)
    day = _first_day(window, at.astimezone(zone).date())
    start, end = _bounds(window, tz, day)
    while at < start:
        day = _first_day(window, day - timedelta(days=1))
        start, end = _bounds(window, tz, day)
    while at >= end:
        day = _next_first(window, day)
        start, end = _bounds(window, tz, day)
    return start, end


def windows_at(tz: str, at: datetime) -> dict[CapWindow, Bounds]:
    """All four."""
    return {window: window_at(window, tz, at) for window in CapWindow}


def day_of(tz: str, at: datetime) -> date:
    """The date of the daily window that holds ``at``, which a skipped midnight makes another than the clocks show."""
    start, _ = window_at(CapWindow.DAILY, tz, at)
    return _date_of(tz, start)


def _date_of(tz: str, start: datetime) -> date:
    zone = check_zone(tz)
    shown = start.astimezone(zone).date()
    # From the latest: the midnight of a date that a zone left out is that of the next one too.
    for day in (shown + timedelta(days=1), shown, shown - timedelta(days=1)):
        if _midnight(zone, day) == start:
            return day
    return shown  # pragma: no cover  every start is some day's midnight


@lru_cache(maxsize=65_536)
def _bounds(window: CapWindow, tz: str, first: date) -> Bounds:
    zone = check_zone(tz)
    return _midnight(zone, first), _midnight(zone, _next_first(window, first))


def _midnight(zone: ZoneInfo, day: date) -> datetime:
    return _UTC_EPOCH + timedelta(seconds=wall_to_utc(zone, (day - _EPOCH).days * 1440))


def _first_day(window: CapWindow, day: date) -> date:
    if window == CapWindow.WEEKLY:
        return day - timedelta(days=day.weekday())
    if window == CapWindow.MONTHLY:
        return day.replace(day=1)
    return day.replace(month=1, day=1) if window == CapWindow.ANNUAL else day


def _next_first(window: CapWindow, first: date) -> date:
    if window == CapWindow.DAILY:
        return first + timedelta(days=1)
    if window == CapWindow.WEEKLY:
        return first + timedelta(days=7)
    if window == CapWindow.MONTHLY:
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(year=first.year + 1)
