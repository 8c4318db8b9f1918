"""One example of each endpoint of prices and credits, and of their refusals."""

from typing import Any

from budgets.rules.price_entry import NO_REASON, NOT_A_TOP_UP
from workforce.api.examples import answer, request
from workforce.api.schema import problem_example

_ENTRY: dict[str, Any] = {
    "id": "01937f40-2d1e-7c55-8b90-4a5b6c7d8e9f",
    "kind": "top_up",
    "amount": "250",
    "balance_after": "312.4075",
    "at": "2026-11-19T13:32:00Z",
    "reason": "Invoice 4711.",
    "by": "Key operations",
    "key": "invoice-4711",
}

PRICES = [
    answer(
        "One price",
        {
            "currency": "USD",
            "weights": {"input": "1", "output": "1", "cache_read": "0.1", "cache_write": "1"},
            "results": [
                {
                    "id": "01937f3f-7b6a-7d10-9c21-0f1e2d3c4b5a",
                    "model": "example-medium",
                    "valid_from": "2026-01-01T00:00:00Z",
                    "input": "3",
                    "output": "15",
                    "cache_read": "0.3",
                    "cache_write": "3.75",
                    "flat_rate": False,
                    "note": "Example price: check it against your provider.",
                    "updated_at": "2026-11-01T09:00:00Z",
                }
            ],
            "next_cursor": None,
        },
    ),
    problem_example(
        "A filter that cannot be taken",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "limit", "detail": "Write a whole number from 1 to 500."}],
    ),
]
CREDITS = [
    answer(
        "A top-up",
        {
            "balance": "312.4075",
            "has_credit": True,
            "currency": "USD",
            "results": [_ENTRY],
            "next_cursor": None,
        },
    ),
    answer(
        "Without credits",
        {"balance": None, "has_credit": True, "currency": "USD", "results": [], "next_cursor": None},
    ),
]
TOP_UP = [
    request("An invoice that was paid", {"amount": "250.00", "reason": "Invoice 4711.", "key": "invoice-4711"}),
    answer("Topped up", _ENTRY, status=201),
    problem_example(
        "Fields to change",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "amount", "detail": NOT_A_TOP_UP}, {"path": "reason", "detail": NO_REASON}],
    ),
    problem_example(
        "Another top-up under the same key",
        409,
        "This key was used for another movement of the balance. Take a new key.",
        code="key_reused",
    ),
]
