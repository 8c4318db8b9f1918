"""The text of a recurrence rule, read and written (RFC 5545 §3.3.10, spec W1).

Days are counted from 1970-01-01, times are minutes of the wall clock since then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from workforce.rules.zones import wall_to_utc

DAY = 1440
LONGEST_RRULE = 500
MOST_TIMES = 5000
MOST_INTERVAL = 1000
FIRST_YEAR, LAST_YEAR = 1970, 2199

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EPOCH = date(1970, 1, 1)
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_DAY_NAME = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


class RuleError(ValueError):
    """The text is not a rule that can be taken. The message is a sentence for people."""


class Parts(NamedTuple):
    """A rule's text taken apart. `until` is the last wall minute, inclusive; `by_day` pairs an ordinal, 0 for every
    one, with a weekday from Monday, 0."""

    freq: str
    interval: int = 1
    count: int | None = None  # type: ignore[assignment]
    until: int | None = None
    week_start: int = 0
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_set_pos: tuple[int, ...] = ()

    def only(self, *named: str) -> bool:
        """Whether no BY part but these is given."""
        rest = {"by_month", "by_month_day", "by_year_day", "by_week_no", "by_day", "by_set_pos"} - set(named)
        return not any(getattr(self, name) for name in rest)


def day_number(day: date) -> int:
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    return _EPOCH + timedelta(days=number)


def date_of(minute: int) -> date:
    return day_of(minute // DAY)


def wall_minute(at: datetime, zone: ZoneInfo) -> int:
    """What the zone's clocks show at that moment, in whole minutes."""
    local = at.astimezone(zone)
    return day_number(local.date()) * DAY + local.hour * 60 + local.minute


@lru_cache(maxsize=2048)
def parts_of(rrule: str) -> Parts:
    """Of a text that `normal` gave."""
    return read(rrule, None, None)


def write(parts: Parts) -> str:
    """RFC 5545 text of the parts."""
    said = [f"FREQ={parts.freq}"]
    if parts.interval > 1:
        said.append(f"INTERVAL={parts.interval}")
    for key, name in _LISTS.items():
        if values := getattr(parts, name):
            said.append(f"{key}={','.join(str(value) for value in values)}")
    if parts.by_day:
        said.append("BYDAY=" + ",".join(f"{ordinal or ''}{WEEKDAYS[day]}" for ordinal, day in parts.by_day))
    if parts.by_set_pos:
        said.append(f"BYSETPOS={','.join(str(value) for value in parts.by_set_pos)}")
    if parts.week_start:
        said.append(f"WKST={WEEKDAYS[parts.week_start]}")
    if parts.count is not None:
        said.append(f"COUNT={parts.count}")
    if parts.until is not None:
        said.append(f"UNTIL={date_of(parts.until):%Y%m%d}T{parts.until % DAY // 60:02}{parts.until % 60:02}00")
    return ";".join(said)


_LISTS = {"BYMONTH": "by_month", "BYWEEKNO": "by_week_no", "BYYEARDAY": "by_year_day", "BYMONTHDAY": "by_month_day"}
_RANGES = {"BYMONTH": (12, False), "BYWEEKNO": (53, True), "BYYEARDAY": (366, True), "BYMONTHDAY": (31, True)}
_CLOCK = {"BYHOUR": lambda m: m % DAY // 60, "BYMINUTE": lambda m: m % 60, "BYSECOND": lambda m: 0}
#: RFC 5545's table of what a frequency leaves out.
_NOT_WITH = {
    "DAILY": ("BYWEEKNO", "BYYEARDAY"),
    "WEEKLY": ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"),
    "MONTHLY": ("BYWEEKNO", "BYYEARDAY"),
    "YEARLY": (),
}


def read(text: object, dtstart: int | None, zone: ZoneInfo | None) -> Parts:
    given = _split(text)
    freq = given.pop("FREQ", "")
    if freq in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise RuleError("Hours recur by the day at most: use DAILY, WEEKLY, MONTHLY or YEARLY.")
    if freq not in FREQUENCIES:
        raise RuleError("Say how often with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    values: dict[str, Any] = {"freq": freq}
    for key, value in given.items():
        if key in _NOT_WITH[freq]:
            raise RuleError(f"{key} has no meaning with FREQ={freq}. Leave it out.")
        if key in _LISTS:
            values[_LISTS[key]] = _numbers(key, value, *_RANGES[key])
        elif key in _READERS:
            values[_READERS[key][0]] = _READERS[key][1](value)
        elif key == "UNTIL":
            values["until"] = _until(value, zone)
        elif key in _CLOCK:
            if dtstart is None or value.lstrip("0") != str(_CLOCK[key](dtstart)).lstrip("0"):
                raise RuleError(f"The time of day comes from dtstart: leave out {key} and add a rule for another time.")
        else:
            raise RuleError(f"{key[:20]} is not a part of a recurrence rule. Leave it out.")
    parts = Parts(**values)
    _check_together(parts)
    return parts


def _split(text: object) -> dict[str, str]:
    if not isinstance(text, str) or not text.strip():
        raise RuleError("Write a recurrence rule, for example FREQ=WEEKLY;BYDAY=MO,WE.")
    if len(text) > LONGEST_RRULE:
        raise RuleError(f"Keep the rule to {LONGEST_RRULE} characters; this has {len(text)}.")
    text = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    given: dict[str, str] = {}
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        if not equals or not re.fullmatch(r"[A-Z-]{3,20}", key) or not re.fullmatch(r"[A-Z0-9,+-]+", value):
            raise RuleError("Write a recurrence rule as NAME=VALUE;NAME=VALUE, for example FREQ=WEEKLY;BYDAY=MO,WE.")
        if key in given:
            raise RuleError(f"{key} is there twice. Keep one.")
        given[key] = value
    return given


def _numbers(key: str, text: str, most: int, negative: bool) -> tuple[int, ...]:
    values = set()
    for item in text.split(","):
        number = int(item) if re.fullmatch(r"[+-]?[0-9]{1,3}", item) else 0
        if not 1 <= abs(number) <= most or (number < 0 and not negative):
            raise RuleError(f"{key} takes numbers from 1 to {most}{' or -1 downwards' if negative else ''}.")
        values.add(number)
    return tuple(sorted(values, key=lambda n: (n < 0, n)))


def _whole(key: str, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= most:
            raise RuleError(f"{key} is a whole number from 1 to {most}.")
        return int(text)

    return read


def _days(text: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for item in text.split(","):
        match = _DAY_NAME.fullmatch(item)
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise RuleError("BYDAY takes MO, TU, WE, TH, FR, SA and SU, with a number before where one is needed.")
        found.add((int(match[1] or 0), WEEKDAYS.index(match[2])))
    return tuple(sorted(found, key=lambda pair: (pair[0] < 0, pair)))


def _week_start(text: str) -> int:
    if text not in WEEKDAYS:
        raise RuleError("WKST is one of MO, TU, WE, TH, FR, SA, SU.")
    return WEEKDAYS.index(text)


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "INTERVAL": ("interval", _whole("INTERVAL", MOST_INTERVAL)),
    "COUNT": ("count", _whole("COUNT", MOST_TIMES)),
    "BYDAY": ("by_day", _days),
    "BYSETPOS": ("by_set_pos", lambda text: _numbers("BYSETPOS", text, 366, True)),
    "WKST": ("week_start", _week_start),
}


def _until(text: str, zone: ZoneInfo | None) -> int:
    """The last wall minute, inclusive. A date means its whole day, a UTC moment what the zone's clocks then show."""
    match = _UNTIL.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        day = datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007  a wall clock
        time = match[2] or "235900"
        hour, minute, second = int(time[:2]), int(time[2:4]), int(time[4:])
        if hour > 23 or minute > 59 or second > 60 or not FIRST_YEAR <= day.year <= LAST_YEAR + 1:
            raise ValueError
    except ValueError:
        raise RuleError("Write UNTIL as 20270301, 20270301T170000 or 20270301T160000Z.") from None
    wall = day_number(day) * DAY + hour * 60 + minute
    if not (match and match[3]) or zone is None:
        return wall
    found = wall_minute(datetime.fromtimestamp(wall * 60, zone), zone)
    # Where the clocks then show a time for the second time, all of its first round has passed.
    while wall_to_utc(zone, found + 1) <= wall * 60:
        found += 1
    return found


def _check_together(parts: Parts) -> None:
    if parts.count is not None and parts.until is not None:
        raise RuleError("Give COUNT or UNTIL, not both.")
    if parts.by_set_pos and parts.only("by_set_pos"):
        raise RuleError("BYSETPOS picks among days: say which with BYDAY, BYMONTHDAY or another part.")
    numbered = [abs(ordinal) for ordinal, _ in parts.by_day if ordinal]
    if numbered and (parts.freq in ("DAILY", "WEEKLY") or parts.by_week_no):
        raise RuleError("A number before a day in BYDAY needs FREQ=MONTHLY or YEARLY, without BYWEEKNO.")
    if numbered and max(numbered) > 5 and (parts.freq == "MONTHLY" or parts.by_month):
        raise RuleError("A month has each day of the week at most five times: number the days in BYDAY up to 5.")
