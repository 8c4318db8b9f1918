"""What a cap may be, and how it reads (spec B1)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.rules import caps

MOST = 2**63 - 1


@pytest.mark.parametrize("value", [None, 0, 1, 300_000, MOST])
def test_a_cap_is_whole_tokens_or_nothing(value: Any) -> None:
    assert caps.fault_of(value) == ""


@pytest.mark.parametrize("value", [-1, 1.5, 1.0, float("nan"), float("inf"), "5", "", True, False, [], {}, b"1"])
def test_anything_else_is_not(value: Any) -> None:
    assert caps.fault_of(value) == caps.NOT_TOKENS


@pytest.mark.parametrize("value", [MOST + 1, 10**40])
def test_more_than_the_database_holds_is_too_many(value: int) -> None:
    assert caps.fault_of(value) == "Give at most 9,223,372,036,854,775,807 tokens."


def test_every_fault_is_named_at_once() -> None:
    given = {"annual_tokens": 1.5, "hourly": 3, "daily_tokens": -1, "weekly_tokens": 4}
    assert caps.faults_of(given) == [
        ("hourly", "There is no such field."),
        ("daily_tokens", caps.NOT_TOKENS),
        ("annual_tokens", caps.NOT_TOKENS),
    ]


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())))
def test_whatever_is_not_blamed_can_be_stored(given: dict[str, Any]) -> None:
    blamed = {name for name, _ in caps.faults_of(given)}
    for name, value in given.items():
        if name[:80] not in blamed:
            assert name in caps.FIELDS
            assert value is None or (type(value) is int and 0 <= value <= MOST)


@given(st.integers(min_value=0, max_value=MOST))
def test_what_is_shown_is_read_back(tokens: int) -> None:
    assert (
        caps.typed(f"{tokens:,}") == caps.typed(f" {tokens} ") == caps.typed(f"{tokens:,}".replace(",", " ")) == tokens
    )


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_field_is_no_cap(text: str) -> None:
    assert caps.typed(text) is None


@pytest.mark.parametrize(
    "text", ["1,5", "1.5", "1.000", "-1", "+1", "1e6", "many", "12,3456", "1,234 567", "٣", "NaN", "9" * 31]
)
def test_what_is_no_number_is_not_guessed_at(text: str) -> None:
    assert caps.typed(text) == text
    assert caps.fault_of(caps.typed(text))


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (None, "No cap"),
        (0, "0 tokens: nothing may be spent"),
        (1, "1 token"),
        (300_000, "300,000 tokens"),
    ],
)
def test_words(tokens: int | None, words: str) -> None:
    assert caps.in_words(tokens) == words
