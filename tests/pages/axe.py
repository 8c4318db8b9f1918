"""What a screen reader, a keyboard or weak eyes would stumble over, found by axe-core in the page as it stands."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: What keeps somebody from using the page, or makes it hard.
STOPPERS = frozenset({"serious", "critical"})
_AXE = Axe()
_WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def stoppers(page: Page) -> list[str]:
    """A line for each fault, with the element: empty where there is none."""
    found: list[dict[str, Any]] = _AXE.run(page, options=_WCAG).response["violations"]
    return [
        f"{fault['id']} ({fault['impact']}) at {node['target']}: {node['failureSummary']}"
        for fault in found
        if fault["impact"] in STOPPERS
        for node in fault["nodes"]
    ]
