"""Many rows at once are the rows one would have written one by one: copied on PostgreSQL, inserted elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.support.actors import SYSTEM
from workforce.choices import HoldKind
from workforce.models import AuditEvent, Hold, Notice
from workforce.models.bulk import COPY_FROM_ROWS, insert_many
from workforce.services import audit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
FEW, MANY = 2, COPY_FROM_ROWS + 5
#: What a text format between us and the database could stumble over.
AWKWARD = ["tab\tnew\nline\rback\\slash", "\\N", "\\.", "", " ", "\u2028 Zoë 🤖", "'\"", "{}", "null"]


def events(organization, number):
    return [
        audit.draft(
            organization=organization,
            action="test",
            subject=("thing", n, AWKWARD[n % len(AWKWARD)]),
            before={"text": AWKWARD[n % len(AWKWARD)], "none": None, "list": [1, {"a": True}]},
            after={},
            reason=AWKWARD[(n + 1) % len(AWKWARD)],
            by=SYSTEM,
            now=NOW + timedelta(microseconds=n),
        )
        for n in range(number)
    ]


@pytest.mark.parametrize("number", [FEW, MANY])
def test_what_is_read_back_is_what_was_written(organization, number):
    rows = events(organization, number)
    insert_many(rows)
    read = {event.pk: event for event in AuditEvent.objects.all()}
    assert len(read) == number
    for row in rows:
        assert read[row.pk].facts() == row.facts()
        assert not row._state.adding


@pytest.mark.parametrize("number", [FEW, MANY])
def test_empty_and_missing_values_stay_apart(organization, agent, number):
    rows = [
        Hold(
            organization=organization,
            agent=agent,
            kind=HoldKind.MANUAL,
            reason="x",
            placed_by_kind="system",
            placed_by_id="t",
            placed_by_label="t",
            placed_at=NOW,
            released_at=NOW,
            released_by_label="t",
            until=NOW + timedelta(days=1) if n % 2 else None,
        )
        for n in range(number)
    ]
    insert_many(rows)
    assert Hold.objects.filter(until=None).count() == (number + 1) // 2
    assert set(Hold.objects.values_list("release_reason", flat=True)) == {""}


@pytest.mark.parametrize("number", [FEW, MANY])
def test_the_database_refuses_all_or_nothing(organization, alice, number):
    rows = [
        Notice(organization=organization, recipient=alice, kind="late", text="x", key=f"k{n}", created_at=NOW)
        for n in range(number)
    ]
    rows[-1].key = "k0"
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many(rows)
    assert not Notice.objects.exists()


def test_nothing_is_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_many([])
