"""Columns that belong together are held together by the database: a moment and who it was, both or neither."""

import re

import pytest
from django.db import models
from django.db.models import CheckConstraint, Q

from tests.house.models import label, our_models

_MOMENT = re.compile(r"(.+)_at$")
#: Moments whose partner is not of the same deed, with the reason.
UNPAIRED: dict[str, str] = {"budgets.CapApproval.decided_at": "what lapses is decided by nobody"}


def pairs(model: type[models.Model]) -> list[tuple[str, list[str]]]:
    """Each nullable moment of the model with the columns that say who: ``released_at``, ``["released_by_label"]``."""
    names = [field.name for field in model._meta.concrete_fields]
    found = []
    for field in model._meta.concrete_fields:
        match = _MOMENT.match(field.name)
        if match and field.null:
            partners = [name for name in names if name == f"{match[1]}_by" or name.startswith(f"{match[1]}_by_")]
            if partners:
                found.append((field.name, partners))
    return found


def named(condition: Q) -> set[str]:
    """The columns a condition speaks of."""
    columns: set[str] = set()
    for child in condition.children:
        columns |= named(child) if isinstance(child, Q) else {child[0].split("__")[0]}
    return columns


PAIRS = [(model, moment, who) for model in our_models() for moment, who in pairs(model)]


def test_there_are_pairs_to_look_at() -> None:
    assert {(label(model), moment) for model, moment, _ in PAIRS} >= {
        ("workforce.Hold", "released_at"),
        ("workforce.ApiKey", "revoked_at"),
    }


@pytest.mark.parametrize(
    ("model", "moment", "who"), PAIRS, ids=[f"{label(model)}.{moment}" for model, moment, _ in PAIRS]
)
def test_moment_and_person_are_both_there_or_neither(model: type[models.Model], moment: str, who: list[str]) -> None:
    if f"{label(model)}.{moment}" in UNPAIRED:
        return
    for partner in who:
        assert any(
            {moment, partner} <= named(constraint.condition)
            for constraint in model._meta.constraints
            if isinstance(constraint, CheckConstraint)
        ), f"{label(model)}: no CheckConstraint names both {moment} and {partner}"
