"""Prices, weights and credits in the admin, written through their services (spec U8, B2, B6)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from budgets.models import CreditAccount, CreditEntry, Price, SpendPolicy
from budgets.rules import price_entry as rules
from budgets.services import credits, prices
from budgets.services.policy import set_policy
from budgets.services.prices import EXAMPLES, THERE_ALREADY
from tests.factories import MembershipFactory
from tests.support.actors import SYSTEM, audited
from tests.support.admin import SEES_NOTHING, as_hr, faults, fields_of, page, send
from workforce.choices import Role
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db
EXAMPLES_PAGE = "/admin/budgets/price/examples/"


@pytest.fixture
def client(hugo: Any) -> Client:
    return as_hr(hugo)


def price(organization: Any, now: Any, **data: Any) -> Price:
    said = {"model": "sonnet", "valid_from": now.replace(second=0, microsecond=0), "input": 3, "output": 15, **data}
    return prices.add(organization=organization, data=said, by=SYSTEM, now=now)


def topped_up(organization: Any, now: Any, amount: str = "100") -> CreditAccount:
    credits.top_up(organization=organization, amount=amount, reason="Invoice 1.", by=SYSTEM, now=now)
    return CreditAccount.objects.get(organization=organization)


# ---- prices


def test_hr_adds_a_price(client: Client, organization: Any, hugo: Any) -> None:
    answer = send(
        client, page("budgets.price", "add"), model="sonnet", valid_from="2026-11-01T00:00", input="3",
        output="1,200.50", note="Contract of May.",
    )  # fmt: skip
    assert answer.status_code == 302, faults(answer)
    kept = Price.objects.get()
    assert (kept.organization, kept.model, kept.input, kept.output) == (organization, "sonnet", 3, Decimal("1200.5"))
    assert (kept.cache_read, kept.flat_rate, kept.note) == (0, False, "Contract of May.")
    (event,) = audited(kept, action="price.added")
    assert event.actor_id == str(hugo.pk)


def test_faults_of_a_price_stand_at_their_fields(client: Client, organization: Any) -> None:
    answer = send(
        client, page("budgets.price", "add"), model="m", valid_from="2026-11-01T00:00", input="-1", output="",
        cache_read="0.00001", cache_write="1,5",
    )  # fmt: skip
    assert faults(answer) == {
        "input": [rules.NOT_A_PRICE], "output": [rules.NEEDED], "cache_read": [rules.TOO_FINE_A_PRICE],
        "cache_write": [rules.NOT_A_PRICE],
    }  # fmt: skip
    sound = {"model": "m", "valid_from": "2026-11-01T00:00", "input": "1", "output": "1"}
    assert send(client, page("budgets.price", "add"), **sound).status_code == 302
    assert faults(send(client, page("budgets.price", "add"), **sound)) == {"valid_from": [THERE_ALREADY]}
    assert faults(send(client, page("budgets.price", "add"), **{**sound, "valid_from": ""})) == {
        "valid_from": [rules.NEEDED]
    }
    assert Price.objects.count() == 1


def test_a_price_is_changed_and_deleted(client: Client, organization: Any, now: Any) -> None:
    kept = price(organization, now)
    assert send(client, page("budgets.price", "change", kept.pk)).status_code == 302
    assert not audited(kept, action="price.changed")
    assert send(client, page("budgets.price", "change", kept.pk), input="2.5", flat_rate="on").status_code == 302
    kept.refresh_from_db()
    assert (kept.input, kept.output, kept.flat_rate) == (Decimal("2.5"), 15, True)
    (event,) = audited(kept, action="price.changed")
    assert event.before == {"input": "3.0000", "flat_rate": False}
    assert client.post(page("budgets.price", "delete", kept.pk), {"post": "yes"}).status_code == 302
    assert not Price.objects.exists()
    assert AuditEvent.objects.filter(action="price.deleted").count() == 1


def test_the_example_list_is_added_by_its_button(client: Client, organization: Any) -> None:
    html = client.get(page("budgets.price")).content.decode()
    assert EXAMPLES_PAGE in html and "Add the example list" in html
    opened = client.get(EXAMPLES_PAGE)
    assert "check it against your provider" in opened.content.decode()
    assert not Price.objects.exists()
    data = fields_of(opened.content.decode())
    for _ in range(2):
        assert client.post(EXAMPLES_PAGE, data).headers["Location"] == page("budgets.price")
    assert Price.objects.filter(organization=organization).count() == len(EXAMPLES)
    listed = client.get(page("budgets.price")).content.decode()
    assert "Example price: check it against your provider." in listed


def test_examples_are_for_ones_own_organisations(client: Client, other_organization: Any) -> None:
    answer = client.post(EXAMPLES_PAGE, {"organization": str(other_organization.pk)})
    assert "organization" in faults(answer)
    assert other_organization.name not in answer.content.decode()
    assert not Price.objects.exists()
    assert Client().get(EXAMPLES_PAGE).status_code == 302


def test_who_is_no_hr_adds_nothing(vera: Any, organization: Any) -> None:
    client = as_hr(vera)
    for path in (EXAMPLES_PAGE, page("budgets.price", "add"), page("budgets.creditaccount", "add")):
        assert client.get(path).status_code in SEES_NOTHING
        assert client.post(path, {"organization": str(organization.pk)}).status_code in SEES_NOTHING
    assert not Price.objects.exists()


# ---- how it counts


def test_hr_sets_how_the_organisation_counts(client: Client, organization: Any) -> None:
    answer = send(client, page("budgets.spendpolicy", "add"), currency="EUR", output_weight="2.5")
    assert answer.status_code == 302, faults(answer)
    kept = SpendPolicy.objects.get()
    assert (kept.organization, kept.currency, kept.output_weight) == (organization, "EUR", Decimal("2.5"))
    change = page("budgets.spendpolicy", "change", kept.pk)
    assert faults(send(client, change, currency="eur", input_weight="1000", cache_read_weight="")) == {
        "currency": [rules.NOT_A_CURRENCY], "input_weight": [rules.NOT_A_WEIGHT], "cache_read_weight": [rules.NEEDED],
    }  # fmt: skip
    assert send(client, change, cache_read_weight="0.25").status_code == 302
    kept.refresh_from_db()
    assert kept.cache_read_weight == Decimal("0.25")
    assert len(audited(organization, action="spend_policy.changed")) == 2
    again = send(client, page("budgets.spendpolicy", "add"), currency="CHF")
    assert faults(again) == {"organization": [f"{organization} has one already. Change that."]}


# ---- credits


def test_the_first_top_up_begins_the_work_with_credits(client: Client, organization: Any, hugo: Any) -> None:
    path = page("budgets.creditaccount", "add")
    data = fields_of(client.get(path).content.decode())
    assert data["key"][0]
    data |= {"amount": ["1,250.50"], "reason": ["Invoice 1."]}
    for _ in range(2):  # a form that is sent twice
        assert client.post(path, data).status_code == 302
    entry = CreditEntry.objects.get()
    assert (entry.amount, entry.balance_after, entry.by_label) == (Decimal("1250.5"), Decimal("1250.5"), "Hugo")
    other = send(client, path, amount="5", reason="Again.")
    assert faults(other) == {"organization": [f"{organization} works with credits already. Top up its balance."]}


def test_the_balance_is_moved_by_its_buttons_only(client: Client, organization: Any, now: Any) -> None:
    account = topped_up(organization, now)
    change = page("budgets.creditaccount", "change", account.pk)
    html = client.get(change).content.decode()
    assert "100.00" in html and "Top up" in html and "Correct" in html
    assert 'name="balance"' not in html and 'name="_save"' not in html
    assert client.post(change, {"balance": "999"}).status_code == 403
    assert send(client, f"/admin/budgets/creditaccount/{account.pk}/do/top-up/", amount="50", reason="Invoice 2.")
    answer = send(
        client, f"/admin/budgets/creditaccount/{account.pk}/do/correct/", amount="-20.25", reason="Paid twice."
    )
    assert answer.headers["Location"] == change
    account.refresh_from_db()
    assert account.balance == Decimal("129.75")
    assert [entry.kind for entry in CreditEntry.objects.order_by("id")] == ["top_up", "top_up", "correction"]
    followed = client.get(change).content.decode()
    assert "Corrected by -20.25: the balance was then 129.75." in followed


def test_faults_of_a_movement_stand_at_their_fields(client: Client, organization: Any, now: Any) -> None:
    account = topped_up(organization, now)
    for deed, sentence in (("top-up", rules.NOT_A_TOP_UP), ("correct", rules.NOT_A_CORRECTION)):
        path = f"/admin/budgets/creditaccount/{account.pk}/do/{deed}/"
        assert faults(send(client, path, amount="0", reason="")) == {
            "amount": [sentence], "reason": [rules.NO_REASON],
        }  # fmt: skip
    path = f"/admin/budgets/creditaccount/{account.pk}/do/top-up/"
    html = client.get(path).content.decode()
    assert 'type="hidden" name="key"' in html and "Key:" not in html
    data = fields_of(client.get(path).content.decode()) | {"amount": ["5"], "reason": ["x"]}
    for _ in range(2):
        assert client.post(path, data).status_code == 302
    account.refresh_from_db()
    assert account.balance == 105


def test_entries_are_only_read(client: Client, organization: Any, now: Any) -> None:
    topped_up(organization, now)
    entry = CreditEntry.objects.get()
    assert client.get(page("budgets.creditentry", "add")).status_code == 403
    for name in ("change", "delete"):
        assert client.post(page("budgets.creditentry", name, entry.pk), {"post": "yes"}).status_code in (403, 404)
    html = client.get(page("budgets.creditentry", "change", entry.pk)).content.decode()
    assert "Invoice 1." in html and "100.00" in html


def test_another_organisations_money_stays_where_it_is(
    client: Client, hugo: Any, other_organization: Any, now: Any
) -> None:
    account, foreign = topped_up(other_organization, now), price(other_organization, now)
    for deed in ("top-up", "correct"):
        path = f"/admin/budgets/creditaccount/{account.pk}/do/{deed}/"
        assert client.get(path).status_code == 404
        assert client.post(path, {"amount": "5", "reason": "x"}).status_code == 404
    assert client.post(page("budgets.price", "delete", foreign.pk), {"post": "yes"}).status_code in SEES_NOTHING
    MembershipFactory(user=hugo, organization=other_organization, role=Role.LEAD)
    assert client.post(page("budgets.price", "change", foreign.pk), {"input": "1"}).status_code in SEES_NOTHING
    account.refresh_from_db()
    assert account.balance == 100 and Price.objects.get().input == 3


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_people_write_is_text(client: Client, organization: Any, now: Any, evil: str) -> None:
    kept = price(organization, now, model=evil, note=evil)
    credits.top_up(organization=organization, amount="1", reason=evil, by=SYSTEM, now=now)
    entry = CreditEntry.objects.get()
    for path in (
        page("budgets.price"),
        page("budgets.price", "change", kept.pk),
        page("budgets.price", "delete", kept.pk),
        page("budgets.creditentry"),
        page("budgets.creditentry", "change", entry.pk),
        page("workforce.auditevent"),
    ):
        html = client.get(path).content.decode()
        assert evil not in html, path
        assert "&lt;" in html, path


def test_a_later_price_is_listed_first(client: Client, organization: Any, now: Any) -> None:
    price(organization, now)
    price(organization, now, valid_from=now + timedelta(days=30), input=7)
    shown = client.get(page("budgets.price")).context["cl"].result_list
    assert [row.input for row in shown] == [7, 3]


def test_the_audit_leads_to_what_was_changed(client: Client, organization: Any, now: Any) -> None:
    kept, account = price(organization, now), topped_up(organization, now)
    set_policy(organization=organization, data={"currency": "EUR"}, by=SYSTEM, now=now)
    for about, path in (
        ("price", page("budgets.price", "change", kept.pk)),
        ("credits", page("budgets.creditaccount", "change", account.pk)),
        ("spend_policy", page("budgets.spendpolicy", "change", organization.pk)),
    ):
        answer = client.get(f"{page('workforce.auditevent')}?about={about}")
        assert [row.subject_kind for row in answer.context["cl"].result_list] == [about]
        assert path in answer.content.decode()
