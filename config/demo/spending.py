"""What the demo has spent before its agents begin: a week of usage that never was, so that charts are not empty.

It is written through the service that takes real usage, and its keys begin with ``demo-seed``: in the ledger everybody
can tell it from what the runtimes report of the work they do.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from config.demo.caps import CAPS
from config.demo.hands import MODEL

CURRENCY = "EUR"
#: Per million words, which stand for tokens. Made up: these runtimes ask no model.
PRICE: Mapping[str, Any] = {
    "model": MODEL,
    "input": Decimal(5),
    "output": Decimal(20),
    "note": "Price of the demo, made up: its runtimes report words read and written as tokens.",
}
PRICED_FOR = timedelta(days=60)
TOP_UP, TOP_UP_REASON = Decimal(500), "Demo credit."
DAYS, HOURS = 7, (8, 11, 14, 17)
#: Of its daily cap an agent used so many per cent on each of the days before, and so many today.
BEFORE = 45
TODAY: Mapping[str, int] = {
    "support-triage-01": 55,
    "refunds-01": 30,
    "campaign-writer-01": 62,
    "price-watch-01": 20,
    "build-bot-3": 35,
    "ledger-main": 86,
    "invoice-match-02": 102,
}
#: One word written for so many read.
_READ_PER_WRITTEN = 32


def entries(name: str, agent_id: UUID, *, today: datetime, now: datetime) -> Iterator[Entry]:
    """Usage of one agent. ``today`` is when its day began, UTC; none of it is in the future."""
    cap: int = CAPS[name]["daily_tokens"]
    usual = cap * BEFORE // 100 // len(HOURS)
    for day in range(DAYS, 0, -1):
        for number, hour in enumerate(HOURS):
            tokens = usual * (90 + 5 * ((3 * day + number) % 5)) // 100
            at = today - timedelta(days=day) + timedelta(hours=hour, minutes=7 * day)
            yield _entry(agent_id, f"{day}-{number}", tokens, at)
    rest = -(-cap * TODAY[name] // 100)
    parts = -(-rest // usual)
    for number in range(parts):
        at = today + (now - today) * (number + 1) / (parts + 1)
        yield _entry(agent_id, f"0-{number}", rest // parts + (number < rest % parts), at)


def _entry(agent_id: UUID, name: str, tokens: int, at: datetime) -> Entry:
    written = tokens // (_READ_PER_WRITTEN + 1)
    used = Tokens(input=tokens - written, output=written)
    return Entry(agent_id=agent_id, key=f"demo-seed-{name}", model=MODEL, tokens=used, at=at.replace(microsecond=0))
