"""What hours come to in the days ahead, for those that are not saved yet too (spec W1, W3)."""

from datetime import datetime, timedelta
from typing import Any

from scheduling.rules import hours as rules
from scheduling.rules.custom import CustomHours
from scheduling.rules.dst import dst_notes
from scheduling.rules.explain import explain
from scheduling.rules.rrules import wall_minute
from scheduling.rules.weeks import DAWN


def week_ahead(hours: rules.Hours, *, now: datetime, days: int = 7) -> dict[str, Any]:
    """The hours in words, each rule explained, the intervals with a part in the coming ``days`` in UTC (None where one
    never began or never ends), and what overlaps and what clock changes will touch in sentences. No query."""
    after = wall_minute(now, rules.check_zone(hours.tz))
    return {
        "text": rules.describe(hours),
        "rules": [explain(rule, after) for rule in hours.rules] if isinstance(hours, CustomHours) else [],
        "minutes_a_week": rules.weekly_minutes(hours),
        "intervals": [
            {
                "start": None if interval.start == DAWN else interval.start,
                "end": None if interval.endless else interval.end,
                "names": interval.names,
            }
            for interval in rules.intervals(hours, now, now + timedelta(days=days))
        ],
        "notes": [sentence for _, _, sentence in rules.overlaps(hours)],
        "dst_notes": dst_notes(hours, now, days=days),
    }
