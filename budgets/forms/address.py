"""What the address says, read with patience: what cannot be understood is named, never a fault."""

import re

from django.http import QueryDict

from budgets.choices import CapsKept
from budgets.selectors.order import SORTS, BudgetFilter
from workforce.models import Organization
from workforce.selectors.named import pod_named

LONGEST_SEARCH = 80


def budget_filter(params: QueryDict, organization: Organization) -> tuple[BudgetFilter, list[str]]:
    """The tab's filter, and a sentence for each value that was passed over."""
    notes: list[str] = []

    def text(name: str) -> str:
        return " ".join(params.get(name, "").replace("\x00", "").split())[:LONGEST_SEARCH]

    pod = pod_named(organization, text("pod")) if text("pod") else None
    if text("pod") and pod is None:
        notes.append("There is no such pod here; all are shown.")
    kept = text("caps")
    if kept and kept not in list(CapsKept):
        notes.append(f"“{kept}” is not a choice of caps; all are shown.")
        kept = ""
    sort = text("sort")
    if sort not in SORTS:
        notes.append(f"The cards do not sort by “{sort}”; they go by name.")
        sort = ""
    page = text("page") or "1"
    if not re.fullmatch(r"[0-9]{1,6}", page) or not int(page):
        notes.append(f"“{page}” is not a page; this is the first.")
        page = "1"
    chosen = CapsKept(kept) if kept else None
    return BudgetFilter(q=text("q"), pod=pod, caps=chosen, sort=sort, page=int(page)), notes
