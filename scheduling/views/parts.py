"""What several views put into the same templates."""

from typing import Any

from django.utils import timezone

from scheduling.forms import roster_filter
from scheduling.selectors import roster
from workforce.choices import ClockStatus, LifecycleState
from workforce.selectors.inbox import unread_of
from workforce.selectors.standing import standing_of
from workforce.views.access import MemberRequest


def roster_context(request: MemberRequest) -> dict[str, Any]:
    now = timezone.now()
    wanted, notes = roster_filter(request.GET, request.organization)
    standing = standing_of(request.user, request.organization)
    return {
        "now": now,
        "notes": notes,
        "filter": wanted,
        "page": roster.roster_page(request.organization, wanted, standing=standing, now=now),
        "states": list(LifecycleState),
        "statuses": list(ClockStatus),
    }


def top_context(request: MemberRequest) -> dict[str, Any]:
    """Headline, cards, and what the reader has not read."""
    now = timezone.now()
    counts, coming = roster.counts_of(request.organization), roster.next_in(request.organization, now=now)
    facts = (coming.agent.agent_name, coming.clock_due_at) if coming else ()
    return {
        "now": now,
        "counts": counts,
        "next_in": coming,
        "top_version": roster.digest(counts, facts, timezone.localdate(now)),
        "unread": unread_of(request.user, request.organization),
    }
