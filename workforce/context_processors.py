"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest

from workforce.choices import Theme


def house(request: HttpRequest) -> dict[str, Any]:
    """Organisation, memberships for the switch, and the reader's theme. No query: the middleware has them."""
    user = getattr(request, "user", None)
    theme = getattr(user, "theme", Theme.SYSTEM)
    return {
        "organization": getattr(request, "organization", None),
        "membership": getattr(request, "membership", None),
        "memberships": getattr(request, "memberships", []),
        "theme": "" if theme == Theme.SYSTEM else theme,
        "page_name": request.resolver_match.view_name if request.resolver_match else "",
    }
