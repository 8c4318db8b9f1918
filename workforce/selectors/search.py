"""How far a search for words looks: no index serves them, so that it is bounded and says so (design target V7)."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

#: Of the rows that match every other filter, the newest so many.
SEARCHED = 10_000


def edge_of(rows: QuerySet[Any, Any], moment: str) -> datetime | None:
    """The moment of the oldest row that is looked at; None where all are. One query, along the index of ``moment``."""
    last = list(rows.order_by(f"-{moment}").values_list(moment, flat=True)[SEARCHED - 1 : SEARCHED + 1])
    return last[0] if len(last) == 2 else None


def note(what: str) -> str:
    return f"Only the newest {SEARCHED:,} of these {what} were searched. Narrow the filter to reach older ones."
