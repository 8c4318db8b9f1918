"""Recurrence rules and custom hours in plain words."""

from __future__ import annotations

from scheduling.rules.custom import CustomHours
from scheduling.rules.recurrence import Rule, next_starts
from scheduling.rules.rrules import DAY, Parts, date_of, parts_of
from scheduling.rules.words import (
    FULL_DAYS,
    MONTHS,
    clock,
    date_in_words,
    days_in_words,
    length_in_words,
    listed,
    times_in_words,
    weekday_and_date,
)

_MOST_RULES_SAID = 2
_NUMBERS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_ORDINALS = {1: "first", **_NUMBERS, -1: "last", -2: "last but one"}
_WORKDAYS = frozenset(range(5))


def explain(rule: Rule, after: int | None = None) -> str:
    """A sentence without its full stop: `Every second Monday 09:00–13:00 from 24 Nov 2026, until 1 Mar 2027`.

    A rule that has no plain words is named as it is, with the five times that come next after the wall minute
    `after`, from its start where none is given.
    """
    parts = parts_of(rule.rrule)
    said = f"{short(rule)} from {date_in_words(date_of(rule.dtstart))}"
    if parts.until is not None:
        said += f", until {date_in_words(date_of(parts.until))}"
    if parts.count is not None:
        said += ", once" if parts.count == 1 else f", {parts.count} times"
    if _pattern(parts, rule) is None:
        said += f", by {rule.rrule}"
        coming = next_starts(rule, rule.dtstart - 1 if after is None else after)
        days = [f"{weekday_and_date(date_of(start))} {date_of(start).year}" for start in coming]
        said += f": next on {listed(days)}" if days else ": not again"
    return said


def short(rule: Rule) -> str:
    """Without beginning and end: `Every second Monday 09:00–13:00`."""
    pattern = _pattern(parts_of(rule.rrule), rule) or "On chosen days"
    start = rule.dtstart % DAY
    if rule.minutes > DAY:
        return f"{pattern} {clock(start)} for {length_in_words(rule.minutes)}"
    return f"{pattern} {times_in_words(start, start + rule.minutes)}"


def describe_custom(hours: CustomHours) -> str:
    """`Stand-up: Every Monday 09:00–10:00; and 3 more rules; 12 days off`; short whatever there is."""
    said = [f"{rule.name}: {short(rule)}" if rule.name else short(rule) for rule in hours.rules[:_MOST_RULES_SAID]]
    if len(hours.rules) > _MOST_RULES_SAID:
        said.append(_counted(len(hours.rules) - _MOST_RULES_SAID, "more rule"))
    if hours.days_off:
        said.append(_counted(len(hours.days_off), "day off", "days off"))
    if hours.extras:
        said.append(_counted(len(hours.extras), "extra window"))
    return "; ".join(said)


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _pattern(parts: Parts, rule: Rule) -> str | None:
    """On which days, in words; None where there are none that are both plain and true."""
    weekdays = frozenset(day for _, day in parts.by_day)
    if parts.freq == "DAILY" and parts.only("by_day"):
        if not parts.by_day:
            return "Daily" if parts.interval == 1 else _every(parts.interval, "day")
        return f"Every {_days(weekdays)}" if parts.interval == 1 else None
    if parts.freq == "WEEKLY" and parts.only("by_day"):
        return _weekly(parts.interval, weekdays or frozenset({date_of(rule.dtstart).weekday()}))
    if parts.freq == "MONTHLY":
        return _monthly(parts, rule)
    if parts.freq == "YEARLY":
        return _yearly(parts, rule)
    return None


def _weekly(interval: int, weekdays: frozenset[int]) -> str:
    if len(weekdays) == 7 and interval == 1:
        return "Daily"
    if len(weekdays) == 1:
        return _every(interval, FULL_DAYS[min(weekdays)])
    return f"Every {_days(weekdays)}" if interval == 1 else f"{_every(interval, 'week')} on {_days(weekdays)}"


def _monthly(parts: Parts, rule: Rule) -> str | None:
    of = "of every month" if parts.interval == 1 else f"of {_every(parts.interval, 'month').lower()}"
    chosen = _in_month(parts)
    if chosen is None and parts.only():
        chosen = _month_days((date_of(rule.dtstart).day,))
    if chosen is None or parts.by_month:
        return None
    days = parts.by_month_day or (() if parts.by_day else (date_of(rule.dtstart).day,))
    rare = any(abs(day) > 28 for day in days) or any(abs(ordinal) > 4 for ordinal, _ in parts.by_day)
    return f"On the {chosen} {of}{' that has one' if rare else ''}"


def _yearly(parts: Parts, rule: Rule) -> str | None:
    first = date_of(rule.dtstart)
    every = _every(parts.interval, "year")
    if (
        parts.only("by_month", "by_month_day")
        and len(parts.by_month) <= 1
        and not (parts.by_month_day and not parts.by_month)
    ):
        month = parts.by_month[0] if parts.by_month else first.month
        days = parts.by_month_day or (first.day,)
        if month == 2 and any(abs(day) > 28 for day in days):
            return "Every leap year on 29 February" if days == (29,) and parts.interval == 1 else None
        if len(days) == 1 and days[0] > 0:
            return f"{every} on {days[0]} {MONTHS[month - 1]}"
        return f"{every} on the {_month_days(days)} of {MONTHS[month - 1]}"
    if len(parts.by_month) == 1 and (chosen := _in_month(parts._replace(by_month=()))) is not None:
        return f"{every} on the {chosen} of {MONTHS[parts.by_month[0] - 1]}"
    return None


def _in_month(parts: Parts) -> str | None:
    """Which of a month: `1st and 15th`, `second Tuesday`, `last workday`."""
    if parts.only("by_month_day") and parts.by_month_day:
        return _month_days(parts.by_month_day)
    if not parts.by_day or not parts.only("by_day", "by_set_pos"):
        return None
    weekdays = frozenset(day for _, day in parts.by_day)
    ordinals = {ordinal for ordinal, _ in parts.by_day}
    if not parts.by_set_pos:
        if not ordinals <= set(_ORDINALS):
            return None
        return listed([f"{_ORDINALS[ordinal]} {FULL_DAYS[day]}" for ordinal, day in parts.by_day])
    if ordinals != {0} or not set(parts.by_set_pos) <= set(_ORDINALS):
        return None
    what = "workday" if weekdays == _WORKDAYS else "day" if len(weekdays) == 7 else ""
    if not what and len(weekdays) == 1:
        what = FULL_DAYS[min(weekdays)]
    return f"{listed([_ORDINALS[at] for at in parts.by_set_pos])} {what}" if what else None


def _month_days(days: tuple[int, ...]) -> str:
    counted = [f"{day}{_suffix(day)}" if day > 0 else _from_the_end(day) for day in days]
    return listed(counted)


def _from_the_end(day: int) -> str:
    return "last day" if day == -1 else f"{-day}{_suffix(-day)} day from the end"


def _suffix(number: int) -> str:
    return "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _every(interval: int, what: str) -> str:
    if interval == 1:
        return f"Every {what}"
    if interval in _NUMBERS:
        return f"Every {_NUMBERS[interval]} {what}"
    return f"Every {interval}{_suffix(interval)} {what}"


def _days(weekdays: frozenset[int]) -> str:
    if len(weekdays) == 7:
        return "day"
    if len(weekdays) == 1:
        return FULL_DAYS[min(weekdays)]
    in_words = days_in_words(weekdays)
    return in_words if "," not in in_words else listed(in_words.split(", "))
