"""Time zones by their IANA names, and wall-clock times taken to UTC (spec W3)."""

from __future__ import annotations

import importlib.resources
from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

# What zone databases carry beside the zones, or what means something else on every machine.
_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})
_NOT_FOLDERS = ("posix/", "right/")
_LONGEST_NAME = 40
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall clock, without a zone on purpose


class UnknownZone(ValueError):
    """Not the name of a time zone. The message is a sentence for people."""


def check_zone(name: object) -> ZoneInfo:
    """The zone of that IANA name, spelled as IANA spells it.

    Raises UnknownZone for all else: paths, `posix/…`, `right/…`, `localtime`, `Factory`, another case, what
    is not text (spec W3).
    """
    if not isinstance(name, str) or not name:
        raise UnknownZone("Choose a time zone, for example Europe/Berlin.")
    if len(name) > _LONGEST_NAME or name not in _names():
        raise UnknownZone(_refusal(name))
    return _load(name)


def zone_choices() -> tuple[str, ...]:
    """Every name that `check_zone` takes, sorted."""
    return _sorted_names()


def wall_to_utc(zone: ZoneInfo, minute: int) -> int:
    """Seconds since 1970 UTC of what the zone's clocks show `minute` minutes after their 1970-01-01 00:00.

    A time that the clocks skip takes the offset from before the gap, a time that they show twice is the first
    one (spec W3): both are what `fold=0` means in PEP 495.
    """
    offset = zone.utcoffset(_EPOCH + timedelta(minutes=minute))
    if offset is None:  # pragma: no cover  a ZoneInfo always knows; the type does not
        raise UnknownZone(f"{zone.key} has no offsets.")
    return minute * 60 - offset.days * 86_400 - offset.seconds


@cache
def _names() -> frozenset[str]:
    # The list of the tzdata package, which is installed with us, so that every machine takes the same names
    # whatever its own zone folder holds. ZoneInfo finds each of them in that folder or in the package.
    try:
        listed = (importlib.resources.files("tzdata") / "zones").read_text("utf-8").split()
    except (ModuleNotFoundError, FileNotFoundError):
        listed = list(available_timezones())
    return frozenset(n for n in listed if n not in _NOT_ZONES and not n.startswith(_NOT_FOLDERS))


@cache
def _sorted_names() -> tuple[str, ...]:
    return tuple(sorted(_names()))


@cache
def _by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in _sorted_names()}


@lru_cache(maxsize=1024)  # more than there are names, and only names come here
def _load(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _refusal(name: str) -> str:
    if len(name) > _LONGEST_NAME or not name.isprintable():
        return "That is not a time zone. Choose one, for example Europe/Berlin."
    meant = _by_folded_name().get(name.strip().replace(" ", "_").casefold())
    if meant:
        return f"{name} is not a time zone. Did you mean {meant}?"
    return f"{name} is not a time zone. Choose one, for example Europe/Berlin."
