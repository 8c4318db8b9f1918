"""The option `--vectors FOLDER`: a plugin named in pyproject.toml, since options come before conftests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vectors",
        metavar="FOLDER",
        help="run the rule vectors (JSON files) of this folder instead of tests/vectors/data",
    )
