"""How an organisation counts: its currency and the weights of the token classes (spec B2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from budgets.models import SpendPolicy
from budgets.rules.price_entry import POLICY_FIELDS, read
from workforce.models import Organization
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid
from workforce.selectors.standing import check_manages
from workforce.services import audit


@transaction.atomic
def set_policy(*, organization: Organization, data: Mapping[str, Any], by: Actor, now: datetime) -> SpendPolicy:
    """Change currency and weights by ``POLICY_FIELDS``; what is left out stays. Usage is counted by the weights of the
    moment it is recorded: what is in the ledger already stays as it was counted. The currency is a name only: nothing
    is converted. Raises ``Forbidden``, ``Invalid`` with every fault at once."""
    check_manages(by=by, organization=organization)
    taken, faults = read(POLICY_FIELDS, data, whole=False)
    if faults:
        raise Invalid(faults)
    SpendPolicy.objects.bulk_create([SpendPolicy(organization=organization, updated_at=now)], ignore_conflicts=True)
    policy = SpendPolicy.objects.select_for_update().get(organization=organization)
    before = {name: getattr(policy, name) for name in taken}
    changed = [name for name, value in taken.items() if value != before[name]]
    if not changed:
        return policy
    for name in changed:
        setattr(policy, name, taken[name])
    policy.updated_at = now
    policy.save(update_fields=[*changed, "updated_at"])
    audit.record(
        organization=organization,
        action="spend_policy.changed",
        subject=("spend_policy", organization.pk, str(policy)),
        before={name: before[name] for name in changed},
        after={name: taken[name] for name in changed},
        by=by,
        now=now,
    )
    return policy
