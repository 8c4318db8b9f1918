"""Token caps of the demo, as the plain data that ``set_caps`` takes: a few agents have all four, most have none."""

from collections.abc import Mapping

_M = 1_000_000
CAPS: Mapping[str, Mapping[str, int]] = {
    "support-triage-01": {
        "daily_tokens": 1_200_000, "weekly_tokens": 6 * _M, "monthly_tokens": 24 * _M, "annual_tokens": 260 * _M,
    },
    "support-triage-02": {"daily_tokens": 1_200_000, "weekly_tokens": 6 * _M},
    "refunds-01": {
        "daily_tokens": 250_000, "weekly_tokens": 1_200_000, "monthly_tokens": 5 * _M, "annual_tokens": 55 * _M,
    },
    "campaign-writer-01": {
        "daily_tokens": 400_000, "weekly_tokens": 2 * _M, "monthly_tokens": 8 * _M, "annual_tokens": 90 * _M,
    },
    "price-watch-01": {"daily_tokens": 200_000, "weekly_tokens": 1 * _M, "monthly_tokens": 4 * _M},
    "build-bot-3": {"daily_tokens": 900_000, "monthly_tokens": 18 * _M},
    "ledger-main": {"daily_tokens": 300_000, "monthly_tokens": 10 * _M, "annual_tokens": 110 * _M},
}  # fmt: skip
