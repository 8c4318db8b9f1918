"""Whether caps stop an agent now (spec B3, B4): for the gates of work."""

from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from budgets.models import Caps
from budgets.rules.caps import COST_FIELDS, TOKEN_FIELDS
from budgets.rules.gauges import Stop, stop_of
from workforce.models import Organization

#: Caps of which at least one is set.
SOME_CAP = reduce(or_, (Q(**{f"{name}__isnull": False}) for name in (*TOKEN_FIELDS, *COST_FIELDS)))


def stop_of_agent(organization: Organization, agent_id: UUID, *, now: datetime) -> Stop | None:
    """Why the agent may spend nothing more, and until when; None while it may. One query."""
    caps = Caps.objects.filter(agent=agent_id).first()
    return stop_of(caps.gauges(organization.time_zone, now), caps.on_cap) if caps is not None else None
