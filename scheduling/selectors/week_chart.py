"""Seven days of working hours as rectangles for an SVG drawn on the server (spec W1, W3).

What is drawn are the instants that the rule gives, put on the wall clocks of a zone: the hours' own or the reader's.
The axis is the wall clock. Time that the clocks skip is a band of its own; time that they show twice is drawn in two
halves, the first pass on the left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduling.rules import hours as rules
from scheduling.rules.hours import Hours
from scheduling.rules.weeks import WEEK, moment, resolve, second_of

DAYS_SHOWN = 7
_DAY_S = 86_400
_LEFT, _TOP = 32.0, 16.0
#: One that began this long before may still be running.
_LONGEST_MINUTES = WEEK + 1440
#: No zone is further from UTC.
_FAR = timedelta(hours=16)
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Frame:
    """How large the drawing is; ``minutes`` of the day are one unit high."""

    width: float
    minutes: int

    @property
    def column(self) -> float:
        return (self.width - _LEFT) / DAYS_SHOWN

    @property
    def bar(self) -> float:
        return self.column - 4

    @property
    def height(self) -> float:
        return 1440 / self.minutes

    def x(self, column: int) -> float:
        return _LEFT + column * self.column

    def y(self, second: float) -> float:
        return _TOP + second / 60 / self.minutes


SMALL = Frame(width=308, minutes=20)
LARGE = Frame(width=300, minutes=10)


class Box(NamedTuple):
    """A rectangle, its numbers written out for SVG. ``tone`` is its class."""

    x: str
    y: str
    width: str
    height: str
    tone: str


class Day(NamedTuple):
    """One column. ``times`` are its working times in words, for the table; ``length`` says how long an odd day is."""

    name: str
    label: str
    x: str
    middle: str
    is_today: bool
    times: str
    length: str


class Line(NamedTuple):
    """A mark of the axis; ``at`` is where it is drawn, ``text_at`` where its text stands."""

    text: str
    at: str
    text_at: str


@dataclass(frozen=True, slots=True)
class WeekChart:
    """``changes`` is a sentence for each time the clocks go forward or back. ``now`` marks the moment, if shown."""

    zone: str
    box: str
    track_height: str
    bar_width: str
    right: str
    days: Sequence[Day]
    lines: Sequence[Line]
    bars: Sequence[Box]
    skipped: Sequence[Box]
    legend: Sequence[tuple[str, str]]
    now: str
    changes: Sequence[str]
    minutes: int


class _Stretch(NamedTuple):
    """UTC seconds during which a zone keeps one offset, in seconds."""

    start: int
    end: int
    offset: int


class _Piece(NamedTuple):
    """A part of one wall day, in wall seconds since 1970. ``half`` is 0 or 1 in time that is shown twice."""

    start: int
    end: int
    half: int | None


def this_week(now: datetime, zone: ZoneInfo) -> date:
    """The Sunday that the zone's present week began with."""
    today = now.astimezone(zone).date()
    return today - timedelta(days=(today.weekday() + 1) % 7)


def week_chart(hours: Hours, now: datetime, *, zone: ZoneInfo, first: date, frame: Frame = LARGE) -> WeekChart:
    """The seven days that begin with ``first`` on the clocks of ``zone``."""
    paper = _Paper(zone, first)
    named = _by_name(hours, paper.begins, paper.ends)
    tones = {name: "night" if number % 2 else "hrs" for number, name in enumerate(named)}
    merged = rules.intervals(hours, paper.begins, paper.ends)
    everything = [(second_of(i.start), second_of(i.end)) for i in merged]
    today = paper.wall_day(second_of(now))
    return WeekChart(
        zone=zone.key,
        box=f"0 0 {frame.width:.0f} {_TOP + frame.height + 4:.0f}",
        track_height=_n(frame.height),
        bar_width=_n(frame.bar),
        right=_n(frame.width),
        days=[_day(paper, frame, column, column == today, everything) for column in range(DAYS_SHOWN)],
        lines=[
            Line(f"{hour:02}", _n(frame.y(hour * 3600)), _n(frame.y(hour * 3600) + 4)) for hour in (0, 6, 12, 18, 24)
        ],
        bars=[_box(paper, frame, piece, tones[name]) for name, spans in named.items() for piece in paper.pieces(spans)],
        skipped=[_box(paper, frame, piece, "skipped") for piece in paper.skipped()],
        legend=[(name, tone) for name, tone in tones.items() if name],
        now=_now_line(paper, frame, second_of(now)),
        changes=[sentence for sentence, _ in paper.changes()],
        minutes=sum(paper.clipped(start, end) for start, end in everything) // 60,
    )


def _by_name(hours: Hours, start: datetime, end: datetime) -> dict[str, list[tuple[int, int]]]:
    """The instants of each shift or rule on its own, so that each keeps its colour."""
    first, last = second_of(start) // 60 - _LONGEST_MINUTES, second_of(end) // 60
    found: dict[str, list[tuple[int, int]]] = {window.name: [] for window in hours.windows}
    for span in sorted(resolve(rules.check_zone(hours.tz), hours.walls(first, last))):
        found.setdefault(span.names[0] if span.names else "", []).append((span.start, span.end))
    return found


class _Paper:
    """Seven wall days of a zone, with every change of its clocks."""

    def __init__(self, zone: ZoneInfo, first: date) -> None:
        self.zone = zone
        self.first = first
        self.wall_start = (first.toordinal() - _EPOCH_DAY) * _DAY_S
        self.wall_end = self.wall_start + DAYS_SHOWN * _DAY_S
        self.begins, self.ends = moment(self.wall_start) - _FAR, moment(self.wall_end) + _FAR
        self.stretches = list(_stretches(zone, second_of(self.begins), second_of(self.ends)))

    def wall_day(self, second: int) -> int | None:
        wall = second + self._offset(second) - self.wall_start
        return wall // _DAY_S if 0 <= wall < DAYS_SHOWN * _DAY_S else None

    def _offset(self, second: int) -> int:
        return _offset(self.zone, second)

    def clipped(self, start: int, end: int) -> int:
        """Seconds of a UTC span within the seven days."""
        return sum(
            max(0, min(end, s.end, self.wall_end - s.offset) - max(start, s.start, self.wall_start - s.offset))
            for s in self.stretches
        )

    def pieces(self, spans: Sequence[tuple[int, int]]) -> list[_Piece]:
        """UTC spans cut at midnights and at changes of the clocks."""
        return [
            piece
            for stretch in self.stretches
            for start, end in spans
            if max(start, stretch.start) < min(end, stretch.end)
            for piece in self._on_the_wall(
                max(start, stretch.start) + stretch.offset, min(end, stretch.end) + stretch.offset, stretch
            )
        ]

    def _on_the_wall(self, start: int, end: int, stretch: _Stretch) -> Iterator[_Piece]:
        twice = self._twice()
        cuts = {edge for low, high, *_ in twice for edge in (low, high)}
        cuts |= set(range(self.wall_start, self.wall_end + 1, _DAY_S))
        edges = sorted({edge for edge in cuts | {start, end} if start <= edge <= end})
        for low, high in zip(edges, edges[1:], strict=False):
            if low < self.wall_start or high > self.wall_end:
                continue
            halves = [
                0 if stretch is before else 1
                for band_low, band_high, before, after in twice
                if band_low <= low < band_high and stretch in (before, after)
            ]
            yield _Piece(low, high, halves[0] if halves else None)

    def _twice(self) -> list[tuple[int, int, _Stretch, _Stretch]]:
        return [
            (b.start + b.offset, a.end + a.offset, a, b)
            for a, b in zip(self.stretches, self.stretches[1:], strict=False)
            if b.offset < a.offset
        ]

    def skipped(self) -> list[_Piece]:
        gaps = [
            (a.end + a.offset, b.start + b.offset)
            for a, b in zip(self.stretches, self.stretches[1:], strict=False)
            if b.offset > a.offset
        ]
        return [piece for low, high in gaps for piece in _by_day(low, high, self.wall_start, self.wall_end)]

    def changes(self) -> Iterator[tuple[str, int]]:
        """A sentence for each change, and the wall second that it happens at."""
        for a, b in zip(self.stretches, self.stretches[1:], strict=False):
            at = a.end + a.offset
            if not self.wall_start <= min(at, b.start + b.offset) < self.wall_end:
                continue
            day = moment(min(at, b.start + b.offset))
            low, high = sorted((at, b.start + b.offset))
            times = f"{_clock(low)} to {_clock(high)}"
            if b.offset > a.offset:
                yield f"{day:%a} {day.day} {day:%b}: the clocks go forward and skip {times}.", at
            else:
                yield f"{day:%a} {day.day} {day:%b}: the clocks go back and show {times} twice.", at


def _by_day(low: int, high: int, first: int, last: int) -> Iterator[_Piece]:
    edges = [low, *range((low // _DAY_S + 1) * _DAY_S, high, _DAY_S), high]
    for start, end in zip(edges, edges[1:], strict=False):
        if first <= start and end <= last:
            yield _Piece(start, end, None)


def _stretches(zone: ZoneInfo, start: int, end: int) -> Iterator[_Stretch]:
    """Clocks change at most once a day, so a day that begins and ends with one offset has one."""
    begun = start
    for low in range(start, end, _DAY_S):
        high = min(low + _DAY_S, end)
        before, after = _offset(zone, low), _offset(zone, high)
        if before == after:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
        yield _Stretch(begun, high, before)
        begun = high
    yield _Stretch(begun, end, _offset(zone, end))


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset() or timedelta()
    return offset // timedelta(seconds=1)


def _day(paper: _Paper, frame: Frame, column: int, is_today: bool, spans: Sequence[tuple[int, int]]) -> Day:
    day = paper.first + timedelta(days=column)
    low = paper.wall_start + column * _DAY_S
    pieces = [p for p in _joined(paper.pieces(spans)) if low <= p.start < low + _DAY_S]
    length = sum(max(0, min(s.end, low + _DAY_S - s.offset) - max(s.start, low - s.offset)) for s in paper.stretches)
    times = ", ".join(f"{_clock(p.start)}–{_end_clock(p.end)}" for p in pieces)
    return Day(
        name=f"{day:%a}",
        label=f"{day:%A} {day.day} {day:%B}",
        x=_n(frame.x(column)),
        middle=_n(frame.x(column) + frame.bar / 2),
        is_today=is_today,
        times=times or "None",
        length="" if length == _DAY_S else f"{length // 3600} h {length % 3600 // 60:02} min".replace(" 00 min", ""),
    )


def _joined(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces that were only cut for drawing, whole again: within one pass of the clocks, up to midnight."""
    joined: list[_Piece] = []
    half: int | None = None
    for piece in pieces:
        last = joined[-1] if joined else None
        again = half == 0 and piece.half == 1
        if last is not None and last.end == piece.start and piece.start % _DAY_S and not again:
            joined[-1] = _Piece(last.start, piece.end, None)
        else:
            joined.append(piece)
        half = piece.half
    return joined


def _box(paper: _Paper, frame: Frame, piece: _Piece, tone: str) -> Box:
    column, second = divmod(piece.start - paper.wall_start, _DAY_S)
    width = frame.bar if piece.half is None else frame.bar / 2
    x = frame.x(column) + (width if piece.half else 0)
    y = frame.y(second)
    return Box(_n(x), _n(y), _n(width), _n(frame.y(second + piece.end - piece.start) - y), tone)


def _now_line(paper: _Paper, frame: Frame, now: int) -> str:
    """The path of the line that marks the moment; empty where these days do not hold it."""
    column = paper.wall_day(now)
    if column is None:
        return ""
    second = (now + _offset(paper.zone, now)) % _DAY_S
    return f"M{_n(frame.x(column) - 2)} {_n(frame.y(second))}h{_n(frame.column)}"


def _clock(wall: int) -> str:
    return f"{wall % _DAY_S // 3600:02}:{wall % 3600 // 60:02}"


def _end_clock(wall: int) -> str:
    return _clock(wall) if wall % _DAY_S else "24:00"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
