"""Whose pages these are: the reader's organisation and zone for the length of one request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from workforce.models import Membership, User

#: Session key of the organisation that was chosen in the header.
CHOSEN_ORGANIZATION = "organization_id"


class CurrentOrganizationMiddleware:
    """Sets ``request.organization``, ``.membership`` and ``.memberships``, and activates the reader's time zone.

    None and empty for strangers. A request without a session cookie costs no query and stays free of ``Vary: Cookie``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if user is None or not user.is_authenticated:
            _place(request, [])
            return self.get_response(request)
        memberships = list(
            Membership.objects.filter(user_id=user.pk).select_related("organization").order_by("organization__name")
        )
        _place(request, memberships)
        with timezone.override(zone_of(user)):
            response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            # What a person saw must not come back with the browser's Back after signing out.
            patch_cache_control(response, private=True, no_store=True)
        return response


def _place(request: HttpRequest, memberships: list[Membership]) -> None:
    """The organisation chosen in the session, or the first; a choice that is no longer a membership is not believed."""
    chosen = str(request.session.get(CHOSEN_ORGANIZATION, "")) if memberships else ""
    current = next((m for m in memberships if str(m.organization_id) == chosen), None)
    if current is None and memberships:
        current = memberships[0]
    request.memberships = memberships  # type: ignore[attr-defined]
    request.membership = current  # type: ignore[attr-defined]
    request.organization = current.organization if current else None  # type: ignore[attr-defined]


def zone_of(user: User) -> ZoneInfo:
    """The person's zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
