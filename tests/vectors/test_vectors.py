"""The rules against worked-out inputs and outputs. Of other folders too: `--vectors FOLDER`."""

from __future__ import annotations

from typing import Any

from tests.vectors.adapter import KINDS


def test_it_answers_as_expected(kind: str, vector: dict[str, Any]) -> None:
    assert kind in KINDS, f"adapter.py has no function for {kind}"
    assert KINDS[kind](vector["input"]) == vector["expected"]
