"""Who may see a page at all: people with a place in an organisation."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from workforce.models import Membership, Organization, User


class MemberRequest(HttpRequest):
    """What a view behind ``member_required`` gets."""

    user: User
    organization: Organization
    membership: Membership
    memberships: list[Membership]
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def member_required(view: View) -> View:
    """Strangers are sent to sign in and come back; people without a membership get a page that says so."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.organization is None:
            return _no_organization(request)
        return view(request, *args, **kwargs)

    return guarded


def signed_in_required(view: View) -> View:
    """For pages about the person alone, with or without a membership."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if request.user.is_authenticated else _to_sign_in(request)

    return guarded


def _to_sign_in(request: MemberRequest) -> HttpResponse:
    """A fragment cannot hold the sign-in page: htmx is told to go there, and back to the page it was on."""
    if not request.htmx:
        back_to = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("overview")
        return redirect_to_login(back_to)
    page = urlsplit(request.htmx.current_url_abs_path or reverse("overview"))
    return HttpResponseClientRedirect(redirect_to_login(page._replace(fragment="").geturl()).url)


def _no_organization(request: MemberRequest) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(reverse("overview"))
    return render(request, "workforce/no_organization.html", status=403)
