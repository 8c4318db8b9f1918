"""Times, days and dates of hours in words."""

from __future__ import annotations

from datetime import date

DAY = 1440
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def times_in_words(start: int, end: int) -> str:
    return f"{clock(start)}–{'24:00' if end % DAY == 0 else clock(end)}"


def days_in_words(days: frozenset[int]) -> str:
    """Daily, Mon–Fri, Tue, Thu: three or more in a row are a range."""
    if len(days) == 7:
        return "Daily"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    words = []
    for run in runs:
        names = [DAYS[day].title() for day in run]
        words += [f"{names[0]}–{names[-1]}"] if len(run) > 2 else names
    return ", ".join(words)


def date_in_words(day: date) -> str:
    """24 Nov 2026, whatever the machine's language is."""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def weekday_and_date(day: date) -> str:
    """Tue 24 Nov."""
    return f"{FULL_DAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1][:3]}"


def length_in_words(minutes: int) -> str:
    """45 min, 5 h, 4 h 30 min, 2 days 3 h."""
    days, rest = divmod(minutes, DAY)
    hours, rest = divmod(rest, 60)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (rest, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"


def listed(items: list[str]) -> str:
    """a; a and b; a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
