"""Credits: topped up once, corrected with a reason, debited by usage; the balance is the sum of entries (spec B6)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.models import CreditAccount, CreditEntry
from budgets.rules import price_entry as rules
from budgets.selectors.credits import balance_of, entries_of, has_credit
from budgets.services import credits
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at
from tests.support.races import at_once, errors
from tests.support.spending import proved
from workforce.choices import KeyScope
from workforce.models import AuditEvent
from workforce.rules.refusals import Conflict, Forbidden, Invalid

pytestmark = pytest.mark.django_db
NOW = at("thu 12:00")


def top_up(organization: Any, amount: Any = "250.00", *, by: Any = SYSTEM, **rest: Any) -> CreditEntry:
    said = {"reason": "Invoice 4711.", "key": "", "now": NOW, **rest}
    return credits.top_up(organization=organization, amount=amount, by=by, **said)


def correct(organization: Any, amount: Any, *, by: Any = SYSTEM, **rest: Any) -> CreditEntry:
    said = {"reason": "Paid twice.", "key": "", "now": NOW, **rest}
    return credits.correct(organization=organization, amount=amount, by=by, **said)


def test_without_an_account_nobody_is_stopped(organization: Any) -> None:
    assert balance_of(organization) is None
    assert has_credit(organization)
    credits.debit(organization=organization, amount=Decimal(5), now=NOW)
    assert not CreditAccount.objects.exists() and not CreditEntry.objects.exists()


def test_a_top_up_moves_the_balance_with_its_audit(organization: Any, alice: Any) -> None:
    entry = top_up(organization, "250.00", by=person(alice))
    assert (entry.kind, entry.amount, entry.balance_after) == ("top_up", Decimal("250"), Decimal("250"))
    assert (entry.reason, entry.by_label, entry.at) == ("Invoice 4711.", "Alice", NOW)
    assert balance_of(organization) == 250 and has_credit(organization)
    (event,) = audited(organization, action="credits.topped_up")
    assert (event.before, event.after) == ({"balance": "0"}, {"balance": "250", "amount": "250"})
    assert (event.reason, event.actor_label, event.subject_kind) == ("Invoice 4711.", "Alice", "credits")


def test_usage_may_take_it_below_nothing_and_then_nothing_begins(organization: Any) -> None:
    top_up(organization, "1")
    credits.debit(organization=organization, amount=Decimal("0.9999999999"), now=NOW)
    assert has_credit(organization)
    credits.debit(organization=organization, amount=Decimal("0.0000000001"), now=NOW)
    assert balance_of(organization) == 0 and not has_credit(organization)
    credits.debit(organization=organization, amount=Decimal("2"), now=NOW)
    assert balance_of(organization) == -2 and not has_credit(organization)
    assert proved(organization)
    assert correct(organization, "2.0001").balance_after == Decimal("0.0001")
    assert has_credit(organization)


def test_a_correction_goes_either_way(organization: Any, hugo: Any) -> None:
    top_up(organization, 100)
    entry = correct(organization, "-30.5", by=person(hugo))
    assert (entry.kind, entry.amount, entry.balance_after) == ("correction", Decimal("-30.5"), Decimal("69.5"))
    assert audited(organization, action="credits.corrected")[-1].after == {"balance": "69.5", "amount": "-30.5"}


def test_the_same_key_is_done_once(organization: Any) -> None:
    first = top_up(organization, "10.50", key="invoice-1")
    again = top_up(organization, Decimal("10.5"), key="invoice-1", now=NOW + timedelta(hours=1))
    assert again == first and again.at == NOW
    assert balance_of(organization) == Decimal("10.5") and CreditEntry.objects.count() == 1
    assert AuditEvent.objects.filter(action="credits.topped_up").count() == 1
    top_up(organization, "10.50")
    top_up(organization, "10.50")
    assert balance_of(organization) == Decimal("31.5")


@pytest.mark.parametrize("change", [{"amount": "11"}, {"reason": "Another."}])
def test_the_same_key_for_something_else_is_a_conflict(organization: Any, change: dict[str, Any]) -> None:
    top_up(organization, "10", key="k")
    with pytest.raises(Conflict) as refused:
        top_up(organization, **{"amount": "10", "key": "k", **change})
    assert refused.value.code == "key_reused"
    with pytest.raises(Conflict):
        correct(organization, "10", key="k", reason="Invoice 4711.")
    assert balance_of(organization) == 10 and CreditEntry.objects.count() == 1


def test_another_organisation_has_its_own_keys(organization: Any, other_organization: Any) -> None:
    top_up(organization, "10", key="k")
    top_up(other_organization, "20", key="k")
    assert (balance_of(organization), balance_of(other_organization)) == (10, 20)
    assert [entry.amount for entry in entries_of(organization)] == [10]


@pytest.mark.parametrize(
    "amount", ["0", 0, "-5", -5, "", None, "1,5", "NaN", float("nan"), float("inf"), True, "5e3", "900000000.01", []]
)
def test_what_is_no_top_up_is_refused(organization: Any, amount: Any) -> None:
    with pytest.raises(Invalid) as refused:
        top_up(organization, amount)
    assert refused.value.fields == [("amount", rules.NOT_A_TOP_UP)]
    assert not CreditAccount.objects.exists() and not CreditEntry.objects.exists()


@pytest.mark.parametrize("amount", ["0", "--5", "-", "x", None, "-900000000.01", False])
def test_what_is_no_correction_is_refused(organization: Any, amount: Any) -> None:
    with pytest.raises(Invalid) as refused:
        correct(organization, amount)
    assert refused.value.fields == [("amount", rules.NOT_A_CORRECTION)]


def test_all_faults_come_at_once(organization: Any) -> None:
    with pytest.raises(Invalid) as refused:
        top_up(organization, "1.00001", reason=" \n ", key="k" * 81)
    assert refused.value.fields == [
        ("amount", rules.TOO_FINE), ("reason", rules.NO_REASON), ("key", rules.NOT_A_KEY),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        correct(organization, "-1.00001", reason="x" * 501, key="a\x00b")
    assert refused.value.fields == [
        ("amount", rules.TOO_FINE), ("reason", rules.NOT_A_REASON), ("key", rules.NOT_A_KEY),
    ]  # fmt: skip
    assert not CreditAccount.objects.exists() and not AuditEvent.objects.exists()


def test_a_balance_beyond_what_is_kept_is_refused(organization: Any) -> None:
    top_up(organization, "900000000")
    with pytest.raises(Invalid) as refused:
        top_up(organization, "0.0001")
    assert refused.value.fields == [("amount", rules.BEYOND)]
    assert CreditEntry.objects.count() == 1


def test_who_may(organization: Any, alice: Any, hugo: Any) -> None:
    for by in (person(alice), person(hugo), key(KeyScope.BUDGETS), SYSTEM):
        top_up(organization, "1", by=by)
    for by in (person(alice), person(hugo), SYSTEM):
        correct(organization, "1", by=by)
    assert balance_of(organization) == 7


def test_who_may_not(organization: Any, agent: Any, lee: Any, olga: Any, vera: Any, charlie: Any) -> None:
    """A lead and an owner spend; they do not pay in. A fault is not told to who may not."""
    everything_else = key(*(scope for scope in KeyScope if scope != KeyScope.BUDGETS))
    people = [person(one) for one in (lee, olga, vera, charlie)]
    for by in (*people, itself(agent), everything_else):
        with pytest.raises(Forbidden):
            top_up(organization, "-1", by=by)
    for by in (*people, itself(agent), key(*KeyScope)):
        with pytest.raises(Forbidden):
            correct(organization, "x", by=by)
    assert not CreditAccount.objects.exists()


def test_entries_are_never_changed(organization: Any) -> None:
    entry = top_up(organization, "10")
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE budgets_creditentry SET amount = 0")
    entry.refresh_from_db()
    assert entry.amount == 10
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditEntry.objects.create(
            organization=organization, kind="top_up", amount=Decimal(1), balance_after=Decimal(11), by_label="x"
        )


_MOVES = st.lists(
    st.tuples(
        st.sampled_from(["top_up", "correct", "debit"]),
        st.decimals(min_value="0.0001", max_value="1000000", places=4),
        st.booleans(),
        st.integers(min_value=0, max_value=3),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=_MOVES)
def test_the_balance_is_the_sum_of_its_entries_whatever_happens(organization: Any, moves: list[Any]) -> None:
    with transaction.atomic():
        for kind, amount, down, number in moves:
            if kind == "debit":
                credits.debit(organization=organization, amount=amount + Decimal("0.0000000001"), now=NOW)
                continue
            try:
                name = f"{kind}-{number}" if number else ""
                if kind == "top_up":
                    top_up(organization, amount, key=name)
                else:
                    correct(organization, -amount if down else amount, key=name)
            except Conflict:
                pass
        assert proved(organization)
        entries = list(entries_of(organization).order_by("id"))
        running = Decimal(0)
        for entry in entries:
            running += entry.amount
            assert entry.balance_after == running
        assert (balance_of(organization) or 0) == running
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_top_ups_and_debits_at_the_same_moment_all_count(organization: Any) -> None:
    """Also the very first ones, which make the account."""
    outcomes = at_once(
        *(lambda n=n: top_up(organization, n + 1, key=f"n{n}") for n in range(6)),
        *(lambda: top_up(organization, "0.5", key="same") for _ in range(4)),
    )
    assert errors(outcomes) == []
    assert len({entry.pk for entry in outcomes[6:]}) == 1
    assert balance_of(organization) == Decimal("21.5") and proved(organization)
    outcomes = at_once(
        *(lambda: _debit(organization, "0.0000000001") for _ in range(6)),
        *(lambda n=n: top_up(organization, "1", key=f"m{n}") for n in range(3)),
        *(lambda n=n: correct(organization, "-1", key=f"c{n}") for n in range(3)),
    )
    assert errors(outcomes) == []
    assert balance_of(organization) == Decimal("21.4999999994") and proved(organization)
    assert CreditEntry.objects.count() == 19
    balances = {entry.balance_after for entry in entries_of(organization)}
    assert balance_of(organization) in balances


def _debit(organization: Any, amount: str) -> None:
    with transaction.atomic():
        credits.debit(organization=organization, amount=Decimal(amount), now=NOW)
