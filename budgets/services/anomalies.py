"""Hours that burned far more than usual: recorded once, told to the people responsible (spec B7)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Sum

from budgets.models import BurnAnomaly, UsageHour
from budgets.rules import anomaly as rules
from workforce.choices import Role
from workforce.models import Agent, Membership, Organization, Team, User
from workforce.selectors.reporting import people_responsible_for
from workforce.services import notices

logger = logging.getLogger("punchcard.budgets")
#: Subjects whose history is read at once: 336 hours of each at most.
BATCH = 500
_HOUR = timedelta(hours=1)
Kind = Literal["agent", "pod"]
KINDS: tuple[Kind, ...] = ("agent", "pod")
#: Of each kind, where a row of the sums says which subject it is of, and what it is called.
_SUBJECT: dict[Kind, tuple[str, str]] = {
    "agent": ("agent_id", "agent__agent_name"),
    "pod": ("agent__team_id", "agent__team__name"),
}


@dataclass(frozen=True, slots=True)
class _Burn:
    """What a subject burned in the hour that is looked at."""

    id: UUID
    label: str
    tokens: int


def look(*, now: datetime, limit: int = 50_000) -> int:
    """Look at the last full hour of every agent and pod that burned in it. Returns how many anomalies are new.

    At most ``limit`` of each kind per organisation, those that burned most first. Safe to run again, and at once. An
    organisation that fails is named in the log and stops no other; where the database fails, the error is raised.
    """
    hour = now.replace(minute=0, second=0, microsecond=0) - _HOUR
    found = 0
    for organization in Organization.objects.order_by("pk"):
        for kind in KINDS:
            try:
                burns = _burns(organization, kind, hour, limit)
                for start in range(0, len(burns), BATCH):
                    found += _judge(organization, kind, burns[start : start + BATCH], hour, now)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                logger.exception("burn not judged", extra={"organization_id": str(organization.pk), "subjects": kind})
    return found


def _burns(organization: Organization, kind: Kind, hour: datetime, limit: int) -> list[_Burn]:
    """Who burned in that hour, most first; what no threshold can be under is left out. One query."""
    subject, label = _SUBJECT[kind]
    rows = (
        UsageHour.objects.filter(organization=organization, hour=hour)
        .order_by()
        .values_list(subject, label)
        .annotate(tokens=Sum("counted_tokens"))
        .filter(tokens__gt=rules.FLOOR)
        .order_by("-tokens", subject)
    )
    return [_Burn(identity, name, int(tokens)) for identity, name, tokens in rows[:limit]]


@transaction.atomic
def _judge(organization: Organization, kind: Kind, burns: Sequence[_Burn], hour: datetime, now: datetime) -> int:
    """Record and tell the anomalies among these that were not recorded yet. As many queries for many as for one."""
    ids = [burn.id for burn in burns]
    there = BurnAnomaly.objects.filter(subject_kind=kind, subject_id__in=ids, hour__in=(hour, hour - _HOUR))
    known = set(there.order_by().values_list("subject_id", "hour"))
    histories = _histories(organization, kind, [one for one in ids if (one, hour) not in known], hour)
    fresh = []
    for burn in burns:
        usual = rules.baseline(histories.get(burn.id, ()))
        if usual is not None and rules.far_over(burn.tokens, usual):
            fresh.append(
                BurnAnomaly(
                    organization=organization,
                    subject_kind=kind,
                    subject_id=burn.id,
                    subject_label=burn.label[:160],
                    hour=hour,
                    tokens=burn.tokens,
                    baseline=usual.median,
                    threshold=usual.threshold,
                    hours=usual.hours,
                    at=now,
                )
            )
    if fresh:
        BurnAnomaly.objects.bulk_create(fresh, ignore_conflicts=True)
        _tell(kind, [one for one in fresh if (one.subject_id, hour - _HOUR) not in known], now)
    return len(fresh)


def _histories(organization: Organization, kind: Kind, ids: Sequence[UUID], hour: datetime) -> dict[UUID, list[int]]:
    """Counted tokens of the hours before, by subject. One query."""
    subject, _ = _SUBJECT[kind]
    before = UsageHour.objects.filter(organization=organization, hour__gte=hour - rules.TRAILING, hour__lt=hour)
    rows = before.filter(**{f"{subject}__in": ids}).order_by()
    if kind == "pod":
        hours = rows.values(subject, "hour").annotate(tokens=Sum("counted_tokens")).values_list(subject, "tokens")
    else:  # a row is an hour already; the moments stay in the database, as reading them would cost most
        hours = rows.values_list(subject, "counted_tokens")
    histories: dict[UUID, list[int]] = {}
    for identity, tokens in hours.iterator(chunk_size=10_000):
        histories.setdefault(identity, []).append(int(tokens))
    return histories


def _tell(kind: Kind, anomalies: Sequence[BurnAnomaly], now: datetime) -> None:
    people = _people(kind, [one.subject_id for one in anomalies]) if anomalies else {}
    notices.tell_many(
        notices.draft(
            organization=one.organization_id,
            recipient=person,
            kind="burn_anomaly",
            text=_words(one),
            subject=(kind if kind == "agent" else "team", one.subject_id, one.subject_label),
            key=f"burn:{kind}:{one.subject_id}:{one.hour:%Y%m%d%H}",
            now=now,
        )
        for one in anomalies
        for person in people.get(one.subject_id, ())
    )


def _words(one: BurnAnomaly) -> str:
    label = one.subject_label if one.subject_kind == "agent" else f"Pod {one.subject_label}"
    return (
        f"{label} used {one.tokens:,} tokens from {one.hour:%H:%M} to {one.hour + _HOUR:%H:%M} UTC. In an hour of work "
        f"it usually takes {one.baseline:,}; above {one.threshold:,} is far over that."
    )


def _people(kind: Kind, ids: Sequence[UUID]) -> dict[UUID, list[User]]:
    """Those responsible for each agent; of a pod its lead, or else the workforce managers."""
    if kind == "agent":
        return people_responsible_for(list(Agent.objects.filter(pk__in=ids)))
    pods = Team.objects.filter(pk__in=ids).select_related("lead_user", "lead_agent")
    leads = people_responsible_for([pod.lead_agent for pod in pods if pod.lead_agent is not None])
    managers = Membership.objects.filter(
        organization__teams__in=ids, role=Role.MANAGER, user__is_active=True
    ).select_related("user")
    everywhere = list(dict.fromkeys(membership.user for membership in managers))
    found: dict[UUID, list[User]] = {}
    for pod in pods:
        lead = pod.lead_user
        own = [lead] if lead is not None and lead.is_active else leads.get(pod.lead_agent_id or pod.pk, [])
        found[pod.pk] = own or everywhere
    return found
