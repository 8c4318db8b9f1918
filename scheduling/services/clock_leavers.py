"""Whoever leaves the workforce goes off the clock (spec W4, W8).

Retiring happens on the floor below, which knows no clock: the clock looks for those who left while clocked in. Nobody
is paged or paused for it; the record says when and why. An agent that is archived before stays as it was, for ever.
"""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError

from scheduling.services import clock
from workforce.choices import ClockStatus, LifecycleState
from workforce.models import Agent, Organization
from workforce.rules.actors import system
from workforce.rules.refusals import Refusal

logger = logging.getLogger("punchcard.clock")
REASON = "It is retired."


def clock_out_leavers(*, now: datetime, limit: int = 500) -> int:
    """Clock out the retired. Safe to run twice at once; one that fails does not stop the rest. Returns how many."""
    # By organisation: so the index on (organisation, clock status, state) finds them without a look at the others.
    left = Agent.objects.filter(
        organization__in=Organization.objects.order_by().values("pk"),
        clock_status=ClockStatus.CLOCKED_IN,
        current_state=LifecycleState.RETIRED,
    )
    number = 0
    for organization_id, agent_id in left.order_by().values_list("organization_id", "pk")[:limit]:
        try:
            clock.clock_out(organization=organization_id, agent_id=agent_id, by=system("clock"), now=now, reason=REASON)
            number += 1
        except Refusal:
            continue  # somebody else did, or it was archived meanwhile
        except (OperationalError, InterfaceError):
            raise  # the database, not this agent: the next sweep goes on
        except Exception:
            logger.exception("retired agent not clocked out", extra={"agent_id": str(agent_id)})
    return number
