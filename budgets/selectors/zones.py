"""Where the windows of a fleet run: each agent's in its own zone, decided in one statement (spec B1)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, FloatField, Q, Value, When

from budgets.choices import CapWindow
from budgets.models import Caps
from budgets.rules.windows import window_at
from workforce.models import Agent, Organization


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones that agents of an organisation count in, as they stand in ``Caps.time_zone``, at ``now``. ``at`` is the
    way from the rows that are asked to the caps of their agent."""

    organization: Organization
    names: frozenset[str]
    now: datetime

    def runs(self, window: CapWindow, *, at: str) -> Q:
        """Whether an agent's figures of this window are of the one that runs in its zone."""
        runs = Q(**{f"{at}time_zone__in": []})
        for (start, _), names in self._bounds(window).items():
            runs |= Q(**{f"{at}time_zone__in": names, f"{at}{window.value}_since__gte": start})
        return runs

    def day_left(self, *, at: str) -> Any:
        """Seconds until the agent's day is over."""
        return Case(
            *(
                When(**{f"{at}time_zone__in": names}, then=Value((end - self.now).total_seconds()))
                for (_, end), names in self._bounds(CapWindow.DAILY).items()
            ),
            default=Value(0.0),
            output_field=FloatField(),
        )

    def _bounds(self, window: CapWindow) -> dict[tuple[datetime, datetime], list[str]]:
        """Zones whose windows are the same, together: there are few of those, however many zones."""
        found: dict[tuple[datetime, datetime], list[str]] = defaultdict(list)
        for name in sorted(self.names):
            found[window_at(window, name or self.organization.time_zone, self.now)].append(name)
        return found


def zones_of(organization: Organization, *, now: datetime) -> Zones:
    """One query."""
    names = Caps.objects.filter(agent__in=Agent.objects.of(organization).active()).order_by()
    return Zones(organization, frozenset(names.values_list("time_zone", flat=True).distinct()), now)
