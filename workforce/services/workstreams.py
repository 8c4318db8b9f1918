"""Workstreams: initiatives that work belongs to, and who answers for them (spec R7; docs/decisions/0013).

Lock order: the organisation (names and membership), the agent that becomes DRI, the workstream.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from workforce.choices import KeyScope
from workforce.models import Agent, Assignment, Membership, Organization, User, Workstream
from workforce.models.assignments import NAME_MAX, WORDS_MAX
from workforce.rules import lifecycle
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.selectors.standing import check_may_somewhere
from workforce.services import audit, dri
from workforce.services.moves import check_reason

NO_SUCH_WORKSTREAM = "There is no such workstream in this organisation."
FIELDS = ("name", "description", "dri_user", "dri_agent")
Faults = list[tuple[str, str]]


@transaction.atomic
def create(*, organization: Organization, data: Mapping[str, Any], by: Actor, now: datetime) -> Workstream:
    """A new workstream. ``data`` is plain: name, description, and of ``dri_user`` and ``dri_agent`` one id at most."""
    _check_may(organization, by)
    _lock(organization)
    _lock_dri(organization, data.get("dri_agent"))
    workstream = Workstream(organization=organization, created_at=now)
    _fill(workstream, data)
    workstream.save(force_insert=True)
    _record("workstream.created", workstream, {}, _facts(workstream), by=by, now=now)
    return workstream


@transaction.atomic
def edit(
    *, organization: Organization, workstream_id: UUID, changes: Mapping[str, Any], by: Actor, now: datetime
) -> Workstream:
    """Change the name, the description or the DRI. Naming one kind of DRI clears the other. Raises ``Missing``,
    ``Invalid``, ``Conflict`` (``needs_dri`` where pods mix and nobody is left who answers for them)."""
    _check_may(organization, by)
    _lock(organization)
    _lock_dri(organization, changes.get("dri_agent"))
    workstream = _locked(organization, workstream_id)
    before = _facts(workstream)
    _fill(workstream, changes)
    after = _facts(workstream)
    names = [name for name in after if after[name] != before[name]]
    if names:
        workstream.save(update_fields=FIELDS)
        dri.check(workstream)
        old, new = ({name: facts[name] for name in names} for facts in (before, after))
        _record("workstream.changed", workstream, old, new, by=by, now=now)
    return workstream


@transaction.atomic
def close(*, organization: Organization, workstream_id: UUID, reason: str = "", by: Actor, now: datetime) -> Workstream:
    """No more work goes into it. Closed already is answered as it is. Raises ``Conflict`` while work in it is open."""
    check_reason(reason)
    _check_may(organization, by)
    workstream = _locked(organization, workstream_id)
    if workstream.is_closed:
        return workstream
    number = Assignment.objects.open().filter(workstream=workstream).count()
    if number:
        open_ones = "1 open assignment" if number == 1 else f"{number} open assignments"
        raise Conflict(
            f"“{workstream.name}” has {open_ones}. End them first, or move their tasks to another workstream.",
            code="workstream_in_use",
            open_assignments=number,
        )
    workstream.closed_at = now
    workstream.save(update_fields=["closed_at"])
    _record("workstream.closed", workstream, {"closed": False}, {"closed": True}, reason, by=by, now=now)
    return workstream


@transaction.atomic
def reopen(
    *, organization: Organization, workstream_id: UUID, reason: str = "", by: Actor, now: datetime
) -> Workstream:
    """It takes work again. Open already is answered as it is."""
    check_reason(reason)
    _check_may(organization, by)
    _lock(organization)
    answers = Workstream.objects.filter(organization=organization, pk=workstream_id)
    _lock_dri(organization, answers.values_list("dri_agent", flat=True).first())
    workstream = _locked(organization, workstream_id)
    if workstream.is_closed:
        _fill(workstream, {"dri_user": workstream.dri_user_id, "dri_agent": workstream.dri_agent_id})
        workstream.closed_at = None
        workstream.save(update_fields=["closed_at"])
        _record("workstream.reopened", workstream, {"closed": True}, {"closed": False}, reason, by=by, now=now)
    return workstream


def _check_may(organization: Organization, by: Actor) -> None:
    check_may_somewhere(by=by, activity=Activity.TASKS, organization=organization, scope=KeyScope.TASKS)


def _lock(organization: Organization) -> None:
    """Names are given, and DRIs found among the members, one after the other."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _lock_dri(organization: Organization, agent_id: UUID | None) -> None:
    """An agent that is leaving is either gone when it is looked at, or told that it is the DRI."""
    if agent_id is not None:
        Agent.objects.of(organization).select_for_update(no_key=True).filter(pk=agent_id).first()


def _locked(organization: Organization, workstream_id: UUID) -> Workstream:
    found = Workstream.objects.filter(organization=organization, pk=workstream_id)
    workstream = found.select_for_update(no_key=True).first()
    if workstream is None:
        raise Missing(NO_SUCH_WORKSTREAM)
    return workstream


def _fill(workstream: Workstream, data: Mapping[str, Any]) -> None:
    """Raises ``Invalid`` with every fault."""
    if faults := fill(workstream, data):
        raise Invalid(faults)


def fill(workstream: Workstream, data: Mapping[str, Any]) -> Faults:
    """Set what is given, in memory. Returns every fault."""
    faults: Faults = [(name, "There is no such field.") for name in data if name not in FIELDS]
    if "name" in data or not workstream.name:
        workstream.name = _name(workstream, data.get("name", ""), faults)
    if "description" in data:
        workstream.description = _description(data["description"], faults)
    if data.get("dri_user") and data.get("dri_agent"):
        faults.append(("dri_agent", "Name one DRI: a person or an agent."))
    elif "dri_user" in data or "dri_agent" in data:
        workstream.dri_user, workstream.dri_agent = _dri(workstream, data, faults)
    return faults


def _name(workstream: Workstream, value: Any, faults: Faults) -> str:
    name = value.strip() if isinstance(value, str) else ""
    if not name or len(name) > NAME_MAX or not name.isprintable():
        faults.append(("name", f"Give a name of 1 to {NAME_MAX} characters on one line."))
        return workstream.name
    same = Workstream.objects.filter(organization=workstream.organization_id, name__iexact=name)
    if same.exclude(pk=workstream.pk).exists():
        faults.append(("name", f"There is already a workstream called {name}."))
    return name


def _description(value: Any, faults: Faults) -> str:
    if not isinstance(value, str):
        faults.append(("description", "Enter text."))
        return ""
    if "\x00" in value:
        faults.append(("description", "Remove the NUL character."))
    elif len(value) > WORDS_MAX:
        faults.append(("description", f"Use at most {WORDS_MAX:,} characters; this has {len(value):,}."))
    return value


def _dri(workstream: Workstream, data: Mapping[str, Any], faults: Faults) -> tuple[User | None, Agent | None]:
    person = data.get("dri_user", None if data.get("dri_agent") else workstream.dri_user_id)
    agent = data.get("dri_agent", None if data.get("dri_user") else workstream.dri_agent_id)
    if person is not None:
        members = Membership.objects.filter(organization=workstream.organization_id, user__is_active=True)
        member = members.filter(user=person).select_related("user").first()
        if member is None:
            faults.append(("dri_user", "There is no such person in this organisation."))
        return (member.user if member else None), None
    if agent is None:
        return None, None
    found = Agent.objects.of(workstream.organization_id).filter(pk=agent).first()
    if found is None:
        faults.append(("dri_agent", "There is no such agent in this organisation."))
    elif found.state in lifecycle.GONE:
        faults.append(("dri_agent", f"{found.agent_name} is {found.current_state} and cannot answer for it."))
    return None, found


def _facts(workstream: Workstream) -> dict[str, Any]:
    return {
        "name": workstream.name,
        "description": workstream.description[:500],
        "dri": f"{workstream.dri} ({workstream.dri.pk})" if workstream.dri else None,
    }


def _record(
    action: str, workstream: Workstream, before: Any, after: Any, reason: str = "", *, by: Actor, now: datetime
) -> None:
    audit.record(
        organization=workstream.organization_id,
        action=action,
        subject=("workstream", workstream.pk, workstream.name),
        before=before,
        after=after,
        reason=reason,
        by=by,
        now=now,
    )
