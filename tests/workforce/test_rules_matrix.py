"""The ownership matrix is 001 §3, written out here a second time."""

import pytest

from workforce.rules.matrix import MATRIX, Activity, Column, may_act

#: manager, lead, owner, specialist, reviewer
SOURCE = {
    "onboarding": ("A", "R", "C", "I", "I"),
    "capabilities": ("A", "R", "R", "C", "I"),
    "tasks": ("A", "R", "R", "C", "I"),
    "execution": ("I", "C", "A", "R", "C"),
    "quality": ("I", "C", "A", "C", "R"),
    "incidents": ("A", "R", "R", "C", "I"),
    "lifecycle": ("A", "R", "R", "I", "I"),
    "budgets": ("A", "C", "R", "I", "I"),
    "retirement": ("A", "R", "R", "I", "I"),
}
COLUMNS = ("manager", "lead", "owner", "specialist", "reviewer")


def test_it_is_the_sources_table():
    assert {a.value: tuple(MATRIX[a][Column(c)] for c in COLUMNS) for a in Activity} == SOURCE


def test_exactly_one_is_accountable():
    assert all(list(row.values()).count("A") == 1 for row in MATRIX.values())


@pytest.mark.parametrize("activity", list(Activity))
@pytest.mark.parametrize("number", range(5), ids=COLUMNS)
def test_responsible_and_accountable_may_act_and_nobody_else(activity, number):
    assert may_act(activity, [Column(COLUMNS[number])]) is (SOURCE[activity][number] in "RA")


@pytest.mark.parametrize("activity", list(Activity))
def test_who_stands_nowhere_may_nothing(activity):
    assert not may_act(activity, [])


def test_one_column_that_may_is_enough():
    assert may_act(Activity.BUDGETS, [Column.LEAD, Column.OWNER])
    assert not may_act(Activity.BUDGETS, [Column.LEAD, Column.SPECIALIST])
