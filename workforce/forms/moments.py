"""Local times as the browser's picker sends them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

FORMAT = "%Y-%m-%dT%H:%M"


def read_local(typed: str, zone: ZoneInfo) -> datetime:
    """The typed local time in UTC; the earlier of two. Raises ``ValueError`` with a sentence for what is no time."""
    try:
        local = datetime.strptime(typed[:16], FORMAT).replace(tzinfo=zone)
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("Give a date and time such as 2026-11-19 14:30.") from None
    if at.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError("Clocks skip this time that day. Choose an hour later.")
    return at


def local_text(at: datetime | None, zone: ZoneInfo) -> str:
    """For the picker's value; empty for None."""
    return at.astimezone(zone).strftime(FORMAT) if at else ""
