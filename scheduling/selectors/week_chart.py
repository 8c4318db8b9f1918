"""A week of working hours as rectangles for an SVG drawn on the server (spec W1; Sunday first, as the form)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduling.rules import hours as rules
from scheduling.rules.hours import Hours, Window

WIDTH, TOP, HEIGHT = 300.0, 16.0, 192.0
_LEFT = 32.0
_COLUMN = (WIDTH - _LEFT) / 7
_BAR = _COLUMN - 4
_DAY_MINUTES = 1440
#: Monday is 0 in the rules; the chart begins on Sunday.
_COLUMN_OF = (1, 2, 3, 4, 5, 6, 0)
_NAMES = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    height: str
    tone: str


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    x: str
    middle: str
    is_today: bool


@dataclass(frozen=True, slots=True)
class WeekChart:
    """Numbers are written out for SVG. ``now_x``/``now_y`` mark the moment in the hours' own zone."""

    days: Sequence[Day]
    bars: Sequence[Bar]
    legend: Sequence[tuple[str, str]]
    now_x: str
    now_y: str
    bar_width: str = f"{_BAR:.1f}"


def week_chart(hours: Hours, now: datetime) -> WeekChart:
    local = now.astimezone(rules.check_zone(hours.tz))
    today = _COLUMN_OF[local.weekday()]
    tones = {window.name: "hrs" if number % 2 == 0 else "night" for number, window in enumerate(hours.windows)}
    return WeekChart(
        days=[
            Day(name, f"{_x(column):.1f}", f"{_x(column) + _BAR / 2:.1f}", column == today)
            for column, name in enumerate(_NAMES)
        ],
        bars=[bar for window in hours.windows for bar in _bars(window, tones[window.name])],
        legend=[(name, tone) for name, tone in tones.items() if name],
        now_x=f"{_x(today) - 2:.1f}",
        now_y=f"{_y(local.hour * 60 + local.minute):.1f}",
    )


def _bars(window: Window, tone: str) -> list[Bar]:
    """One bar a day; a window over midnight goes on at the top of the next day."""
    bars = []
    for day in sorted(window.days):
        if window.end > window.start:
            bars.append(_bar(day, window.start, window.end, tone))
        else:
            bars.append(_bar(day, window.start, _DAY_MINUTES, tone))
            bars.append(_bar((day + 1) % 7, 0, window.end, tone))
    return bars


def _bar(day: int, start: int, end: int, tone: str) -> Bar:
    return Bar(f"{_x(_COLUMN_OF[day]):.1f}", f"{_y(start):.1f}", f"{_y(end) - _y(start):.1f}", tone)


def _x(column: int) -> float:
    return _LEFT + column * _COLUMN


def _y(minute: int) -> float:
    return TOP + HEIGHT * minute / _DAY_MINUTES
