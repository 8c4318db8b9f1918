"""``manage.py verify_audit``: every chain recomputed, the first broken link named, a head kept elsewhere looked up."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from workforce.models import AuditEvent, AuditLink
from workforce.rules.actors import system
from workforce.rules.chain import GENESIS
from workforce.services import audit

pytestmark = pytest.mark.django_db


def verify(**options: str) -> tuple[str, str]:
    """What it printed, and what it ended with: nothing, or the error."""
    said = StringIO()
    try:
        call_command("verify_audit", stdout=said, **options)
    except CommandError as error:
        return said.getvalue(), str(error)
    return said.getvalue(), ""


@pytest.fixture
def chained(organization, other_organization, now):
    """Three linked events of one organisation, one of another, and one that waits for its link."""

    def write(which, action):
        audit.record(organization=which, action=action, subject=("x", 1, "x"), by=system("test"), now=now)

    for action in ("one", "two", "three"):
        write(organization, action)
    write(other_organization, "elsewhere")
    audit.link_pending()
    write(organization, "waiting")
    return organization


def tamper(sql: str) -> None:
    """As someone who may switch triggers off, and foreign keys with them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(sql)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")


def test_it_prints_links_head_and_what_waits_of_each(chained) -> None:
    said, error = verify()
    head = AuditLink.objects.get(organization=chained, seq=3).hash
    assert f"halden: 3 links hold, 1 events wait for their link, head {head}" in said
    assert "other: 1 links hold, 0 events wait" in said
    assert not error


def test_it_looks_at_one_where_one_is_named(chained) -> None:
    said, _ = verify(organization="other")
    assert said.startswith("other: 1 links")
    assert "halden" not in said


def test_nothing_yet_is_whole(organization) -> None:
    said, error = verify()
    assert f"halden: 0 links hold, 0 events wait for their link, head {GENESIS}" in said
    assert not error


def test_it_names_the_first_broken_link_and_goes_on_to_the_next_chain(chained) -> None:
    second = AuditEvent.objects.get(action="two")
    tamper(f"UPDATE workforce_auditevent SET reason = 'edited' WHERE action = '{second.action}'")
    said, error = verify()
    assert "halden: broken at link 2: its event was changed after it was linked" in said
    assert "other: 1 links hold" in said
    assert error == "The audit does not hold: halden."


def test_a_head_kept_elsewhere_shows_a_tail_that_was_cut_off(chained) -> None:
    head = AuditLink.objects.get(organization=chained, seq=3).hash
    assert verify(organization="halden", head=head)[1] == ""
    tamper("DELETE FROM workforce_auditlink WHERE seq = 3")
    tamper("DELETE FROM workforce_auditevent WHERE action IN ('three', 'waiting')")
    assert verify(organization="halden")[1] == "", "what is left is a valid chain"
    said, error = verify(organization="halden", head=head)
    assert "its end is missing" in said
    assert error


def test_a_head_is_someones(chained) -> None:
    assert "--organization" in verify(head=GENESIS)[1]


def test_an_unknown_organisation_is_said(db: None) -> None:
    assert verify(organization="nobody")[1] == "There is no organisation “nobody”."
