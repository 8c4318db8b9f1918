"""Which organisation one is looking at."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from workforce.middleware import CHOSEN_ORGANIZATION
from workforce.views.access import MemberRequest, member_required


@member_required
@require_POST
def switch_organization(request: MemberRequest) -> HttpResponse:
    """Only one's own: another organisation's id answers like one that does not exist (spec P1)."""
    try:
        wanted = UUID(request.POST.get("organization", ""))
    except ValueError as error:
        raise Http404 from error
    if wanted not in {membership.organization_id for membership in request.memberships}:
        raise Http404
    request.session[CHOSEN_ORGANIZATION] = str(wanted)
    return redirect("overview")
