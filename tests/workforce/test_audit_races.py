"""Writers and linkers at once: every event is linked once, in one chain that holds (P5)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.actors import SYSTEM
from tests.support.races import at_once, errors
from workforce.models import AuditEvent, AuditLink
from workforce.services import audit

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def write(organization, writer, count):
    for number in range(count):
        audit.record(
            organization=organization,
            action="test",
            subject=("thing", f"{writer}-{number}", "Thing"),
            by=SYSTEM,
            # Not in order of time, as from machines whose clocks differ.
            now=NOW + timedelta(seconds=(number * 7919 + writer * 31) % 60),
        )
    return count


def holds_together(organization, count):
    report = audit.verify(organization=organization)
    assert (report.links, report.unlinked, report.broken) == (count, 0, None)
    assert AuditEvent.objects.filter(organization=organization).count() == count


def test_linkers_at_once_make_one_chain(organization, other_organization):
    for one in (organization, other_organization):
        write(one, 0, 30)
    outcomes = at_once(*[lambda: audit.link_pending(limit=7)] * 4)
    assert errors(outcomes) == []
    while audit.link_pending():
        pass
    for one in (organization, other_organization):
        holds_together(one, 30)


def test_writers_and_linkers_at_once(organization):
    """Events come while others are being linked; nobody waits for nobody, none is left out."""
    writing = threading.Event()
    writing.set()
    rest = threading.Semaphore(0)

    def writer(number):
        def run():
            try:
                return write(organization, number, 25)
            finally:
                rest.release()

        return run

    def linker():
        linked = 0
        while writing.is_set():
            linked += audit.link_pending(limit=5)
        return linked

    def end():
        for _ in range(3):
            assert rest.acquire(timeout=60)
        writing.clear()

    outcomes = at_once(writer(1), writer(2), writer(3), linker, linker, end)
    assert errors(outcomes) == []
    while audit.link_pending():
        pass
    holds_together(organization, 75)
    seqs = AuditLink.objects.filter(organization=organization).order_by("seq").values_list("seq", flat=True)
    assert list(seqs) == list(range(1, 76))


def test_the_chain_cannot_fork(organization):
    """Two links on one head: the database lets one stand, whatever the code does."""
    from django.db import IntegrityError, transaction

    write(organization, 1, 2)
    first, second = AuditEvent.objects.order_by("at")
    shared = {"organization": organization, "previous": "0" * 64}
    AuditLink.objects.create(seq=1, event=first, hash="a" * 64, **shared)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditLink.objects.create(seq=2, event=second, hash="b" * 64, **shared)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditLink.objects.create(organization=organization, previous="a" * 64, seq=1, event=second, hash="b" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditLink.objects.create(organization=organization, previous="a" * 64, seq=2, event=first, hash="b" * 64)
