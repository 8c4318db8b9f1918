"""Dated prices of models (spec B2): a usage takes the one in force at its moment, when it is recorded. What is in the
ledger already keeps its cost."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from budgets.models import Price
from budgets.rules.price_entry import PRICE_FIELDS, read
from workforce.models import Organization
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid, Missing
from workforce.selectors.standing import check_manages
from workforce.services import audit

THERE_ALREADY = "This model has a price from this moment on already. Change that one."
EXAMPLE = "Example price: check it against your provider."
#: Model, then prices per million tokens: input, output, cache read, cache write. Made up in round figures.
EXAMPLES = (
    ("example-large", "15.00", "75.00", "1.50", "18.75"),
    ("example-medium", "3.00", "15.00", "0.30", "3.75"),
    ("example-small", "0.80", "4.00", "0.08", "1.00"),
    ("example-mini", "0.15", "0.60", "0.075", "0.15"),
    ("example-open", "0.50", "1.50", "0.00", "0.00"),
)
#: So that usage reported late has a price too.
_EXAMPLES_FROM = datetime(2026, 1, 1, tzinfo=UTC)


@transaction.atomic
def add(*, organization: Organization, data: Mapping[str, Any], by: Actor, now: datetime) -> Price:
    """A price by ``PRICE_FIELDS``. Raises ``Forbidden``, ``Invalid`` with every fault at once."""
    check_manages(by=by, organization=organization)
    price = Price(organization=organization, updated_at=now)
    _take(price, data, whole=True)
    _write(price, force_insert=True)
    audit.record(**_event(price, "added", by, now), after=_facts(price))
    return price


@transaction.atomic
def change(
    *, organization: Organization, price_id: UUID, changes: Mapping[str, Any], by: Actor, now: datetime
) -> Price:
    """Change some of its fields. Raises ``Missing``, ``Forbidden``, ``Invalid`` with every fault at once."""
    price = _locked(organization, price_id)
    check_manages(by=by, organization=organization)
    before = _facts(price)
    _take(price, changes, whole=False)
    after = _facts(price)
    changed = [name for name in PRICE_FIELDS if before[name] != after[name]]
    if not changed:
        return price
    price.updated_at = now
    _write(price, update_fields=[*changed, "updated_at"])
    audit.record(
        **_event(price, "changed", by, now),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return price


@transaction.atomic
def delete(*, organization: Organization, price_id: UUID, by: Actor, now: datetime) -> None:
    """Take a price away: usage recorded from now on does without it. Raises ``Missing``, ``Forbidden``."""
    price = _locked(organization, price_id)
    check_manages(by=by, organization=organization)
    event, before = _event(price, "deleted", by, now), _facts(price)
    price.delete()
    audit.record(**event, before=before)


@transaction.atomic
def seed_examples(*, organization: Organization, by: Actor, now: datetime) -> int:
    """Add what is missing of a short example list; a model that has any price is left alone. Returns how many."""
    check_manages(by=by, organization=organization)
    there = set(Price.objects.filter(organization=organization).order_by().values_list("model", flat=True))
    missing = [example for example in EXAMPLES if example[0] not in there]
    for model, *prices in missing:
        amounts = dict(zip(("input", "output", "cache_read", "cache_write"), map(Decimal, prices), strict=True))
        data = {"model": model, "valid_from": _EXAMPLES_FROM, **amounts, "note": EXAMPLE}
        add(organization=organization, data=data, by=by, now=now)
    return len(missing)


def _locked(organization: Organization, price_id: UUID) -> Price:
    price = Price.objects.select_for_update().filter(organization=organization, pk=price_id).first()
    if price is None:
        raise Missing("There is no such price in this organisation.")
    return price


def _take(price: Price, given: Mapping[str, Any], *, whole: bool) -> None:
    taken, faults = read(PRICE_FIELDS, given, whole=whole)
    for name, value in taken.items():
        setattr(price, name, value)
    named = {name for name, _ in faults}
    if not named & {"model", "valid_from"}:
        same = Price.objects.filter(
            organization=price.organization_id, model=price.model, valid_from=price.valid_from
        ).exclude(pk=price.pk)
        if same.exists():
            faults.append(("valid_from", THERE_ALREADY))
    if faults:
        raise Invalid(faults)


def _write(price: Price, **how: Any) -> None:
    """The same price entered twice at one moment is refused by the database, in the same words."""
    try:
        with transaction.atomic():
            price.save(**how)
    except IntegrityError:
        raise Invalid([("valid_from", THERE_ALREADY)]) from None


def _facts(price: Price) -> dict[str, Any]:
    return {name: getattr(price, name) for name in PRICE_FIELDS}


def _event(price: Price, what: str, by: Actor, now: datetime) -> dict[str, Any]:
    subject = ("price", price.pk, str(price))
    return {"organization": price.organization_id, "action": f"price.{what}", "subject": subject, "by": by, "now": now}
