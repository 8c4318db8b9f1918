"""The same thing done to many agents, each for itself: owner, pod, pause, retire (spec R9).

Every agent goes through the service that does it to one, in a transaction of its own: one that is refused keeps nobody
else from being done, and each is told of with its reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from workforce.choices import HoldKind, LifecycleState
from workforce.models import Agent, Organization, Team, User
from workforce.rules import roster
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid, Missing, Refusal
from workforce.services import agents, holds, lifecycle

#: Agents of one call: each is a transaction, and somebody waits for the answer.
MOST = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """``agent_name`` is empty where there is no such agent in the organisation."""

    agent_id: UUID
    agent_name: str
    sentence: str


@dataclass
class Report:
    """Names in the order of names."""

    done: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return len(self.done) + len(self.refused)


def reassign_owner(
    *, organization: Organization, agent_ids: Sequence[UUID], owner: User | Agent | None, by: Actor, now: datetime
) -> Report:
    """Give agents another owner, a person or an agent. Raises ``Invalid`` where nobody is named."""
    if owner is None:
        raise Invalid([("owner", roster.NO_SUCH_OWNER)])
    return _edit(organization, agent_ids, {"owner": owner}, by=by, now=now)


def move_pod(
    *, organization: Organization, agent_ids: Sequence[UUID], team: Team | None, by: Actor, now: datetime
) -> Report:
    """Move agents into another pod. Raises ``Invalid`` where it is none of the organisation's."""
    if team is None or team.organization_id != organization.pk:
        raise Invalid([("team", roster.NO_SUCH_POD)])
    return _edit(organization, agent_ids, {"team": team}, by=by, now=now)


def pause(*, organization: Organization, agent_ids: Sequence[UUID], reason: str, by: Actor, now: datetime) -> Report:
    """Hold agents by hand, until somebody releases the hold. Raises ``Invalid`` without a reason."""
    _check_reason(reason, "Say why the agents may not work.")

    def one(agent_id: UUID) -> Any:
        kind = HoldKind.MANUAL
        return holds.place(organization=organization, agent_id=agent_id, kind=kind, reason=reason, by=by, now=now)

    return _each(organization, agent_ids, one)


def retire(*, organization: Organization, agent_ids: Sequence[UUID], reason: str, by: Actor, now: datetime) -> Report:
    """Take agents out of the workforce for good. Raises ``Invalid`` without a reason."""
    _check_reason(reason, "Say why: moving an agent to retired needs a reason.")

    def one(agent_id: UUID) -> Any:
        to = LifecycleState.RETIRED
        return lifecycle.transition(organization=organization, agent_id=agent_id, to=to, reason=reason, by=by, now=now)

    return _each(organization, agent_ids, one)


def _edit(
    organization: Organization, agent_ids: Sequence[UUID], changes: dict[str, Any], *, by: Actor, now: datetime
) -> Report:
    def one(agent_id: UUID) -> Any:
        return agents.edit(organization=organization, agent_id=agent_id, changes=changes, by=by, now=now)

    return _each(organization, agent_ids, one)


def _check_reason(reason: str, missing: str) -> None:
    if not reason.strip():
        raise Invalid([("reason", missing)])
    lifecycle.check_reason(reason)


def _each(organization: Organization, agent_ids: Sequence[UUID], act: Callable[[UUID], Any]) -> Report:
    ids = list(dict.fromkeys(agent_ids))
    check_number(len(ids))
    named = Agent.objects.of(organization).filter(pk__in=ids).order_by("agent_name")
    names = dict(named.values_list("pk", "agent_name"))
    report = Report()
    for agent_id in [*names, *(agent_id for agent_id in ids if agent_id not in names)]:
        try:
            act(agent_id)
        except Missing as missing:
            report.refused.append(Refused(agent_id, "", missing.sentence))
        except Refusal as refusal:
            report.refused.append(Refused(agent_id, names.get(agent_id, ""), _said(refusal)))
        else:
            report.done.append(names[agent_id])
    return report


def check_number(number: int) -> None:
    """Raises ``Invalid`` for none and for more than ``MOST``."""
    if not number:
        raise Invalid([("agents", "Select at least one agent.")])
    if number > MOST:
        raise Invalid([("agents", f"Select at most {MOST} agents at once; these are {number:,}.")])


def _said(refusal: Refusal) -> str:
    if isinstance(refusal, Invalid) and refusal.fields:
        return " ".join(dict.fromkeys(sentence for _, sentence in refusal.fields))
    return refusal.sentence
