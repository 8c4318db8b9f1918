"""Collects the vectors: every JSON file of the folder is a kind, every entry of it a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.adapter import KINDS

OWN_FOLDER = Path(__file__).parent / "data"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "vector" not in metafunc.fixturenames:
        return
    given = metafunc.config.getoption("vectors")
    folder = Path(given) if given else OWN_FOLDER
    files = sorted(folder.glob("*.json"))
    if not files:
        raise pytest.UsageError(f"There are no vectors (*.json) in {folder}.")
    params = []
    for file in files:
        params += _params(file, foreign=bool(given))
    metafunc.parametrize("kind, vector", params)


def _params(file: Path, *, foreign: bool) -> list[Any]:
    kind = file.stem
    if kind not in KINDS and foreign:
        reason = f"{kind}: Punchcard has no such rule yet"
        return [pytest.param(kind, {}, id=kind, marks=pytest.mark.skip(reason=reason))]
    vectors = json.loads(file.read_text("utf-8"))
    return [pytest.param(kind, vector, id=f"{kind}: {vector['name']}") for vector in vectors]
