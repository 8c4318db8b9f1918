"""A notice is told once to each, whoever races, and read by its reader alone (C4)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.races import at_once, errors
from workforce.models import Notice
from workforce.services import notices

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def tell(organization, *recipients, key="k", text="Look at this.", **options):
    notices.tell(organization=organization, recipients=recipients, kind="late", text=text, key=key, now=NOW, **options)


def test_one_row_for_each(organization, agent, alice, olga):
    tell(organization, alice, olga, subject=("agent", agent.pk, agent.agent_name))
    assert set(Notice.objects.values_list("recipient__name", flat=True)) == {"Alice", "Olga"}
    one = Notice.objects.first()
    assert (one.kind, one.text, one.created_at, one.read_at) == ("late", "Look at this.", NOW, None)
    assert (one.subject_kind, one.subject_id, one.subject_label) == ("agent", str(agent.pk), agent.agent_name)


def test_the_same_key_is_told_once(organization, alice, olga):
    for _ in range(3):
        tell(organization, alice, alice)
    tell(organization, alice, olga)
    tell(organization, alice, key="another")
    told = list(Notice.objects.order_by("key", "recipient__name").values_list("recipient__name", "key"))
    assert told == [("Alice", "another"), ("Alice", "k"), ("Olga", "k")]


def test_telling_nobody(organization, django_assert_num_queries):
    with django_assert_num_queries(0):
        tell(organization)


def test_long_texts_are_cut(organization, alice):
    tell(organization, alice, text="x" * 900, subject=("agent", 1, "y" * 300))
    one = Notice.objects.get()
    assert (len(one.text), len(one.subject_label), one.subject_id) == (500, 160, "1")


def test_read_by_its_reader_alone(organization, other_organization, alice, olga):
    tell(organization, alice, olga, key="a")
    tell(organization, alice, key="b")
    tell(other_organization, alice, key="c")
    theirs = Notice.objects.get(recipient=olga)
    later = NOW + timedelta(minutes=5)
    assert notices.mark_read(user=alice, organization=organization, notice_id=theirs.pk, now=later) == 0
    mine = Notice.objects.get(recipient=alice, key="a")
    assert notices.mark_read(user=alice, organization=organization, notice_id=mine.pk, now=later) == 1
    assert notices.mark_read(user=alice, organization=organization, notice_id=mine.pk, now=later) == 0
    assert notices.mark_read(user=alice, organization=organization, now=later) == 1
    assert set(Notice.objects.filter(read_at=None).values_list("key", "recipient__name")) == {
        ("a", "Olga"),
        ("c", "Alice"),
    }


@pytest.mark.django_db(transaction=True)
def test_told_once_by_four_at_once(organization, alice, olga):
    assert errors(at_once(*[lambda: tell(organization, alice, olga)] * 4)) == []
    assert Notice.objects.count() == 2
