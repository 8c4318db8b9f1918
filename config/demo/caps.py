"""Caps of the demo, as the plain data that ``set_caps`` takes: a few agents have some, most have none."""

from collections.abc import Mapping
from typing import Any

_M = 1_000_000
CAPS: Mapping[str, Mapping[str, Any]] = {
    "support-triage-01": {
        "daily_tokens": 1_200_000, "weekly_tokens": 6 * _M, "monthly_tokens": 24 * _M, "annual_tokens": 260 * _M,
        "monthly_cost": "150.00", "on_cap": "alert",
    },
    "support-triage-02": {"daily_tokens": 1_200_000, "weekly_tokens": 6 * _M, "on_cap": "alert"},
    "refunds-01": {
        "daily_tokens": 250_000, "weekly_tokens": 1_200_000, "monthly_tokens": 5 * _M, "annual_tokens": 55 * _M,
        "daily_cost": "4.00", "on_cap": "skip",
    },
    "campaign-writer-01": {
        "daily_tokens": 400_000, "weekly_tokens": 2 * _M, "monthly_tokens": 8 * _M, "annual_tokens": 90 * _M,
        "on_cap": "pause",
    },
    "price-watch-01": {"daily_tokens": 200_000, "weekly_tokens": 1 * _M, "monthly_tokens": 4 * _M, "on_cap": "skip"},
    "build-bot-3": {"daily_tokens": 900_000, "monthly_tokens": 18 * _M, "weekly_cost": "40.00", "on_cap": "alert"},
    "ledger-main": {
        "daily_tokens": 300_000, "monthly_tokens": 10 * _M, "annual_tokens": 110 * _M, "daily_cost": "2.00",
        "on_cap": "skip",
    },
    "invoice-match-02": {"daily_tokens": 300_000, "monthly_tokens": 9 * _M, "on_cap": "pause"},
}  # fmt: skip
