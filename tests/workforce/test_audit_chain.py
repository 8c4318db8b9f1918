"""Events are linked by hash, and whatever was tampered with is named (P5)."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from tests.support.actors import SYSTEM
from tests.support.sql import run, stored
from workforce.models import AuditEvent, AuditLink
from workforce.rules import chain
from workforce.services import audit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def record(organization, number=0, **options):
    options.setdefault("now", NOW + timedelta(seconds=number))
    return audit.record(
        organization=organization,
        action="test.happened",
        subject=("thing", number, f"Thing {number}"),
        by=SYSTEM,
        **options,
    )


def links(organization):
    return list(AuditLink.objects.filter(organization=organization).order_by("seq"))


def test_events_are_linked_in_the_order_they_happened(organization):
    events = [record(organization, number) for number in (2, 0, 1)]
    assert audit.link_pending() == 3
    made = links(organization)
    assert [link.seq for link in made] == [1, 2, 3]
    assert [link.event_id for link in made] == [events[1].pk, events[2].pk, events[0].pk]
    assert made[0].previous == chain.GENESIS
    assert [link.previous for link in made[1:]] == [link.hash for link in made[:-1]]
    report = audit.verify(organization=organization)
    assert (report.links, report.head, report.unlinked, report.broken) == (3, made[-1].hash, 0, None)


def test_linking_again_does_nothing(organization):
    record(organization)
    assert [audit.link_pending() for _ in range(3)] == [1, 0, 0]


def test_one_that_comes_late_comes_later_in_the_chain(organization):
    record(organization, 5)
    audit.link_pending()
    late = record(organization, 1)
    audit.link_pending()
    assert links(organization)[-1].event_id == late.pk
    assert audit.verify(organization=organization).broken is None


def test_each_organisation_has_its_own_chain(organization, other_organization):
    for number in range(4):
        record(organization if number % 2 else other_organization, number)
    assert audit.link_pending() == 4
    for one in (organization, other_organization):
        assert [link.seq for link in links(one)] == [1, 2]
        assert audit.verify(organization=one).broken is None


def test_an_organisation_without_events_has_an_empty_chain(organization):
    assert audit.link_pending() == 0
    report = audit.verify(organization=organization)
    assert (report.links, report.head, report.unlinked, report.broken) == (0, chain.GENESIS, 0, None)


def test_a_limit_links_the_rest_next_time(organization):
    for number in range(5):
        record(organization, number)
    assert [audit.link_pending(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert audit.verify(organization=organization).broken is None


def test_what_waits_is_counted(organization):
    record(organization)
    assert audit.verify(organization=organization).unlinked == 1


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"text": "Zoë \u2028 \U0001f916 \\ \" '", "none": None, "yes": True, "big": 2**70, "list": [1, [2]]},
        {"nested": {"z": 1, "a": {"b": []}}, "": "empty name"},
        {"float": 0.1, "moment": NOW, "amount": 5},
    ],
    ids=["nothing", "texts and numbers", "nested", "made plain"],
)
def test_every_fact_reads_back_as_it_was_linked(organization, facts):
    """Verifying reads from the database what linking read: the two must agree, on either database."""
    record(organization, before=facts, after=facts, reason="Grüße \U0001f916")
    audit.link_pending()
    assert audit.verify(organization=organization).broken is None


def test_an_event_that_cannot_be_linked_does_not_stop_other_organisations(
    organization, other_organization, monkeypatch, caplog
):
    record(organization)
    fine = record(other_organization)
    real = AuditEvent.facts

    def facts(event):
        if event.organization_id == organization.pk:
            raise ValueError("poison")
        return real(event)

    monkeypatch.setattr(AuditEvent, "facts", facts)
    assert audit.link_pending() == 1
    assert [link.event_id for link in AuditLink.objects.all()] == [fine.pk]
    assert str(organization.pk) in [getattr(entry, "organization_id", "") for entry in caplog.records]


@contextmanager
def unguarded():
    """As somebody with the database's own rights, whom triggers do not stop; all of it is taken back at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'workforce_audit%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        try:
            yield
        finally:
            transaction.set_rollback(True)


def tampered(organization, statement, at, *params):
    """Five linked events, the statement run on the one at ``at`` (from 1), and what verifying says then."""
    for number in range(5):
        record(organization, number)
    audit.link_pending()
    link = links(organization)[at - 1]
    with unguarded():
        assert run(statement, *params, stored(link, "event" if "auditevent" in statement else "pk")) == 1
        return audit.verify(organization=organization).broken


EVENT = "UPDATE workforce_auditevent SET {} WHERE id = %s"
COLUMNS = [
    "reason = 'nothing happened'",
    "actor_label = 'somebody else'",
    "actor_id = 'x'",
    "actor_kind = 'user'",
    "action = 'test.other'",
    "subject_id = 'x'",
    "subject_kind = 'x'",
    "subject_label = 'x'",
    "before = '{\"x\": 1}'",
    "after = '{\"x\": 1}'",
    "at = '2020-01-01 00:00:00+00:00'",
    "request_id = 'x'",
]


@pytest.mark.parametrize("change", COLUMNS, ids=lambda change: change.split(" ")[0])
def test_a_changed_column_is_named(organization, change):
    found = tampered(organization, EVENT.format(change), 3)
    assert (found.seq, "changed" in found.why) == (3, True)


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_removed_event_is_named(organization, at):
    """The last one too: its link still stands."""
    found = tampered(organization, "DELETE FROM workforce_auditevent WHERE id = %s", at)
    assert (found.seq, "missing" in found.why) == (at, True)


@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_removed_link_is_named(organization, at):
    found = tampered(organization, "DELETE FROM workforce_auditlink WHERE id = %s", at)
    assert (found.seq, "missing" in found.why) == (at, True)


def test_a_rewritten_link_is_named(organization):
    found = tampered(organization, "UPDATE workforce_auditlink SET previous = 'x' WHERE id = %s", 2)
    assert found.seq == 2


def test_an_event_moved_to_another_organisation_is_named(organization, other_organization):
    found = tampered(
        organization,
        "UPDATE workforce_auditevent SET organization_id = %s WHERE id = %s",
        4,
        stored(other_organization),
    )
    assert found.seq == 4


def test_the_first_of_several_is_named(organization):
    for number in range(6):
        record(organization, number)
    audit.link_pending()
    made = links(organization)
    with unguarded():
        for at in (5, 2, 4):
            run(EVENT.format("reason = 'x'"), stored(made[at - 1], "event"))
        assert audit.verify(organization=organization).broken.seq == 2


def test_a_long_chain_is_verified_in_a_few_queries(organization, django_assert_max_num_queries):
    audit.record_many(
        audit.draft(organization=organization, action="x", subject=("t", n, "T"), by=SYSTEM, now=NOW)
        for n in range(1200)
    )
    assert audit.link_pending() == 1000
    assert audit.link_pending() == 200
    with django_assert_max_num_queries(12):
        assert audit.verify(organization=organization).broken is None
