"""Marking what one was told as read."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from workforce.selectors.inbox import unread_of
from workforce.services import notices
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done


@member_required
@require_POST
def mark_read(request: MemberRequest, notice_id: UUID | None = None) -> HttpResponse:
    """One notice, or all of them; one that is read already, or another's, stays as it is."""
    now = timezone.now()
    notices.mark_read(user=request.user, organization=request.organization, notice_id=notice_id, now=now)
    if not request.htmx:
        return done(request, "Marked as read.", to="overview")
    context = {"unread": unread_of(request.user, request.organization), "now": now, "oob": True}
    return render(request, "workforce/_unread.html", context)
