"""The ownership matrix as data (spec P3): who is responsible (R), accountable (A), consulted (C), informed (I)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Activity(StrEnum):
    ONBOARDING = "onboarding"
    CAPABILITIES = "capabilities"
    TASKS = "tasks"
    EXECUTION = "execution"
    QUALITY = "quality"
    INCIDENTS = "incidents"
    LIFECYCLE = "lifecycle"
    BUDGETS = "budgets"
    RETIREMENT = "retirement"


class Column(StrEnum):
    MANAGER = "manager"
    LEAD = "lead"
    OWNER = "owner"
    SPECIALIST = "specialist"
    REVIEWER = "reviewer"


_ROWS: Mapping[Activity, str] = {
    # manager, lead, owner, specialist, reviewer
    Activity.ONBOARDING: "ARCII",
    Activity.CAPABILITIES: "ARRCI",
    Activity.TASKS: "ARRCI",
    Activity.EXECUTION: "ICARC",
    Activity.QUALITY: "ICACR",
    Activity.INCIDENTS: "ARRCI",
    Activity.LIFECYCLE: "ARRII",
    Activity.BUDGETS: "ACRII",
    Activity.RETIREMENT: "ARRII",
}
MATRIX: Mapping[Activity, Mapping[Column, str]] = {
    activity: dict(zip(Column, letters, strict=True)) for activity, letters in _ROWS.items()
}


def may_act(activity: Activity, columns: Iterable[Column]) -> bool:
    """Whether someone standing in these columns is responsible or accountable for the activity."""
    return any(MATRIX[activity][column] in "RA" for column in columns)
