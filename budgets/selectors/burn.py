"""How fast agents spend at present (spec B8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from budgets.models import UsageHour
from budgets.models.money import PLACES

#: Whole hours looked at before the one that runs.
HOURS_BACK = 2
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
_TOKEN_PLACES = 4


@dataclass(frozen=True, slots=True)
class Burn:
    """Counted tokens and list cost per hour; 0 where nothing was spent."""

    tokens_per_hour: Decimal = Decimal(0)
    cost_per_hour: Decimal = Decimal(0)


def burn_of(agent_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, Burn]:
    """The present rate of each of these agents. One query.

    The present rate is what was spent in the hour (UTC) that runs and in the two before it, over the time that has
    passed since the first of them began: two to three hours. One busy minute does not make it jump, and an agent that
    stopped working is at 0 after three hours. Usage that was spent earlier and reported late is not of it.
    """
    wanted = list(agent_ids)
    begun = now.replace(minute=0, second=0, microsecond=0) - HOURS_BACK * _HOUR
    sums = (
        UsageHour.objects.filter(agent__in=wanted, hour__gte=begun, hour__lte=now)
        .order_by()
        .values_list("agent_id")
        .annotate(tokens=Sum("counted_tokens"), cost=Sum("list_cost"))
    )
    passed = (now - begun) // _MICROSECOND
    found = {
        agent_id: Burn(
            tokens_per_hour=_per_hour(Decimal(tokens), passed, _TOKEN_PLACES),
            cost_per_hour=_per_hour(cost, passed, PLACES),
        )
        for agent_id, tokens, cost in sums
    }
    return {agent_id: found.get(agent_id, Burn()) for agent_id in wanted}


def _per_hour(figure: Decimal, microseconds: int, places: int) -> Decimal:
    return round(figure * (_HOUR // _MICROSECOND) / microseconds, places)
