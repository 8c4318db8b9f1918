"""Setting what an agent may spend (spec B1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from budgets.models import Caps
from budgets.rules import caps as rules
from budgets.services import limits, meters
from workforce.choices import KeyScope, LifecycleState
from workforce.models import Organization
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors.standing import check_may
from workforce.services import audit, lifecycle


@transaction.atomic
def set_caps(*, organization: Organization, agent_id: UUID, caps: Mapping[str, Any], by: Actor, now: datetime) -> Caps:
    """Change caps by ``rules.FIELDS``: whole tokens, amounts, ``on_cap``; what ``caps`` leaves out stays, None takes a
    cap away. What follows of it for an agent that stands at a cap follows at once.

    Raises ``Missing``, ``Forbidden``, ``Conflict`` (``archived``), ``Invalid`` with every fault at once.
    """
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)  # the agent's row is the lock of its caps too
    check_may(by=by, activity=Activity.BUDGETS, agent=agent, scope=KeyScope.BUDGETS)
    if agent.state == LifecycleState.ARCHIVED:
        raise Conflict(f"{agent.agent_name} is archived: its token caps are kept as they were.", code="archived")
    if faults := rules.faults_of(caps):
        raise Invalid(faults)
    kept = Caps.objects.filter(agent=agent).first() or Caps(agent=agent)
    before = kept.caps()
    after = {**before, **rules.sound(caps)}
    changed = [name for name in rules.FIELDS if after[name] != before[name]]
    if not changed:
        return kept
    kept = meters.lock([agent.pk])[agent.pk]
    for name in changed:
        setattr(kept, name, after[name])
    kept.updated_at = now
    kept.save(update_fields=[*changed, "updated_at"])
    audit.record(
        organization=organization,
        action="caps.changed",
        subject=("agent", agent.pk, agent.agent_name),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        by=by,
        now=now,
    )
    limits.act(organization=organization, agent_id=agent.pk, now=now)
    return kept
