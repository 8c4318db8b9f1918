"""API keys: issued, rotated with an overlap, revoked, checked in constant time (spec P4)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from workforce.choices import ActorKind, KeyScope
from workforce.models import Agent, ApiKey, Organization, User
from workforce.rules import api_keys, lifecycle
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors.standing import check_manages
from workforce.services import audit

#: ``last_used_at`` is written at most this often per key.
LAST_USED_GRAIN = timedelta(minutes=1)
#: Compared against where no key has the prefix, so that both ways take the same steps.
_NOBODY = api_keys.digest("pck_nobody")


@transaction.atomic
def issue(
    *,
    organization: Organization,
    agent: Agent | None = None,
    name: str,
    scopes: Iterable[str] = (),
    expires_at: datetime | None = None,
    by: Actor,
    now: datetime,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its token, which is shown once and never stored. Raises ``Invalid``, ``Conflict``."""
    check_manages(by=by, organization=organization)
    scopes = sorted(set(scopes))
    _check_new(organization, agent, name, scopes, expires_at, now)
    new = api_keys.generate()
    key = ApiKey.objects.create(
        organization=organization,
        agent=agent,
        name=name.strip(),
        prefix=new.prefix,
        digest=new.digest,
        scopes=scopes,
        created_at=now,
        created_by=User.objects.filter(pk=by.id).first() if by.kind == ActorKind.USER else None,
        expires_at=expires_at,
        replaces=replaces,
    )
    _record(key, "key.issued", after={"scopes": scopes, "expires_at": expires_at}, by=by, now=now)
    return key, new.token


@transaction.atomic
def revoke(*, key: ApiKey, by: Actor, now: datetime) -> ApiKey:
    """From the next request on, everywhere, the key is dead. Raises ``Conflict`` when it already is."""
    check_manages(by=by, organization=key.organization)
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(
        revoked_at=now, revoked_by_label=by.label[:160]
    )
    if not revoked:
        raise Conflict("This key was revoked before.", code="already_revoked")
    key.refresh_from_db()
    _record(key, "key.revoked", by=by, now=now)
    return key


@transaction.atomic
def rotate(
    *, key: ApiKey, overlap: timedelta, expires_at: datetime | None = None, by: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """A successor with the same reach; the old key goes on for ``overlap`` (at most 30 days), then expires.

    The successor expires when the old key was to, so that rotating lengthens nobody's access unseen, or at
    ``expires_at`` where one is given. A key is rotated once: what was left of it after that is the overlap alone.
    """
    check_manages(by=by, organization=key.organization)
    if not timedelta(0) <= overlap <= timedelta(days=30):
        raise Invalid([("overlap", "Choose between 0 and 30 days.")])
    locked = ApiKey.objects.select_for_update().select_related(None).get(pk=key.pk)
    if locked.revoked_at is not None or (locked.expires_at is not None and locked.expires_at <= now):
        raise Conflict("This key is no longer valid. Issue a new one.", code="key_dead")
    if ApiKey.objects.filter(replaces=key, revoked_at__isnull=True).exists():
        raise Conflict("This key was rotated before. Rotate its successor.", code="already_rotated")
    successor, token = issue(
        organization=key.organization,
        agent=key.agent,
        name=key.name,
        scopes=key.scopes,
        expires_at=expires_at or locked.expires_at,
        by=by,
        now=now,
        replaces=key,
    )
    end = min(locked.expires_at, now + overlap) if locked.expires_at else now + overlap
    ApiKey.objects.filter(pk=key.pk).update(expires_at=end)
    _record(key, "key.rotated", after={"successor": successor.prefix, "expires_at": end}, by=by, now=now)
    return successor, token


def authenticate(token: str, *, now: datetime) -> ApiKey | None:
    """The live key this token is, or None: unknown, revoked, expired, or of an agent that has left.

    One query; the digests are compared in constant time whether or not the prefix is known.
    """
    prefix = api_keys.prefix_of(token)
    key = ApiKey.objects.select_related("organization", "agent").filter(prefix=prefix or "").first()
    genuine = api_keys.matches(token, key.digest if key is not None else _NOBODY)
    if key is None or not genuine or key.revoked_at is not None:
        return None
    if key.expires_at is not None and key.expires_at <= now:
        return None
    if key.agent is not None and key.agent.state in lifecycle.GONE:
        return None
    if key.last_used_at is None or now - key.last_used_at >= LAST_USED_GRAIN:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _check_new(
    organization: Organization,
    agent: Agent | None,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    now: datetime,
) -> None:
    faults = []
    if not name.strip() or len(name) > 80:
        faults.append(("name", "Give the key a name of 1 to 80 characters."))
    elif "\x00" in name:
        faults.append(("name", "Remove the NUL character."))
    if unknown := [scope for scope in scopes if scope not in list(KeyScope)]:
        faults.append(("scopes", f"Unknown: {', '.join(unknown)}. Choose from: {', '.join(KeyScope)}."))
    if agent is None and not scopes:
        faults.append(("scopes", "An organisation's key needs at least one scope."))
    if agent is not None and scopes:
        faults.append(("scopes", "An agent's key has no scopes: it acts as that agent only."))
    if agent is not None and agent.organization_id != organization.pk:
        faults.append(("agent", "There is no such agent in this organisation."))
    if expires_at is not None and expires_at <= now:
        faults.append(("expires_at", "Choose a moment in the future, or leave it empty."))
    if faults:
        raise Invalid(faults)
    if agent is not None and agent.state in lifecycle.GONE:
        raise Conflict(f"{agent.agent_name} is {agent.current_state}: its keys are dead.", code="gone")


def _record(key: ApiKey, action: str, *, after: dict[str, object] | None = None, by: Actor, now: datetime) -> None:
    audit.record(
        organization=key.organization_id,
        action=action,
        subject=("key", key.pk, f"{key.name} (pck_{key.prefix}_…)"),
        after={"agent": key.agent_id, **(after or {})},
        by=by,
        now=now,
    )
