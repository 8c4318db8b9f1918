"""Who is calling: an API key in a header, and nothing else. Sign-in cookies do not count here (spec P4)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from workforce.choices import KeyScope
from workforce.models import ApiKey, Organization
from workforce.rules.actors import Actor
from workforce.selectors.standing import actor_of_key, check_scope
from workforce.services import keys

if TYPE_CHECKING:  # DRF's settings name this module, and its views need its settings
    from rest_framework.views import APIView

REFUSED = "This API key is not valid: it is wrong, revoked or expired."


@dataclass(frozen=True, slots=True)
class Caller:
    """``request.user`` of an API request. Not a person: pages never see it."""

    key: ApiKey
    actor: Actor

    is_authenticated = True
    is_anonymous = False
    is_active = True

    @property
    def pk(self) -> str:
        """For throttles: never the same as a person's or an agent's id."""
        return f"key:{self.key.pk}"

    @property
    def organization(self) -> Organization:
        return self.key.organization

    @property
    def agent_id(self) -> UUID | None:
        """The agent whose own key this is; None for an organisation's key."""
        return self.key.agent_id


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer pck_…``, or ``X-API-Key: pck_…``. Sets ``request.auth`` to the ``ApiKey``."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        token = _token(request)
        if token is None:
            return None
        key = keys.authenticate(token, now=timezone.now())
        if key is None:
            raise AuthenticationFailed(REFUSED)
        return Caller(key=key, actor=actor_of_key(key)), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Punchcard"'


class HasKey(BasePermission):
    """A valid key; for an organisation's key also the scope the view names for the method, if it names one.

    Views say ``scopes = {"GET": KeyScope.READ, "POST": KeyScope.CLOCK}``.
    """

    asks = "Send an API key: Authorization: Bearer pck_…"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiKey):
            raise NotAuthenticated(self.asks)
        scope = scope_for(view, request.method or "")
        if scope is not None:
            check_scope(by=caller(request).actor, scope=scope)
        return True


def caller(request: Request) -> Caller:
    return cast(Caller, request.user)


def scope_for(view: Any, method: str) -> KeyScope | None:
    return getattr(view, "scopes", {}).get("GET" if method == "HEAD" else method)


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("X-API-Key")
