"""The demo's initiatives and who has what part in them: data only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from workforce.choices import AssignmentRole

OWNER, CONTRIBUTOR, REVIEWER, OBSERVER = AssignmentRole


@dataclass(frozen=True, slots=True)
class DemoPart:
    """``task`` is the title of one of the first tasks, or empty where the part is in the whole. ``to`` and ``why``
    are of a hand-off."""

    agent: str
    role: AssignmentRole
    task: str = ""
    due: timedelta | None = None
    percent: int | None = None
    to: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class DemoWorkstream:
    """``dri`` is who answers for it, a person or an agent: needed where pods mix."""

    name: str
    description: str
    dri: str
    parts: Sequence[DemoPart]


WORKSTREAMS = (
    DemoWorkstream(
        "Oslo route", "Freight to Oslo from January: a carrier, a price, and the pages that say so.", "Hanna Vogel",
        (
            DemoPart("research-01", OWNER, "Add up what four carriers ask for Oslo"),
            DemoPart("research-01", OWNER, "Seal the carriers' prices"),
            DemoPart("price-watch-01", CONTRIBUTOR, due=timedelta(days=10), percent=30),
            DemoPart(
                "campaign-writer-01", OBSERVER, to="social-listen-01",
                why="The autumn mailing comes first; what is said of Oslo is heard here anyway.",
            ),
            DemoPart("customs-docs-01", REVIEWER, due=timedelta(days=20)),
        ),
    ),
    DemoWorkstream(
        "Refunds in a day", "A customer has the money back on the day it is agreed.", "",
        (
            DemoPart("refunds-01", OWNER, "Add up Tuesday's refunds"),
            DemoPart("qa-reviewer-01", REVIEWER, "Add up Tuesday's refunds"),
            DemoPart("voice-intake-01", CONTRIBUTOR, due=timedelta(days=14)),
        ),
    ),
)  # fmt: skip
