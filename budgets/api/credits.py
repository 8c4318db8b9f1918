"""The organisation's credits (spec B6). The service checks every field, all at once."""

from collections.abc import Mapping

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api import money_examples as examples
from budgets.api.serializers import CreditEntrySerializer, CreditPageSerializer, CreditQuery, TopUpBody
from budgets.rules.caps import NO_SUCH_FIELD
from budgets.rules.price_entry import read_movement
from budgets.selectors.credits import balance_of, entries_of
from budgets.selectors.prices import policy_of
from budgets.services import credits
from workforce.api.authentication import caller
from workforce.api.fields import NOT_AN_OBJECT, read_query
from workforce.api.paging import page_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.rules.refusals import Forbidden, Invalid

NOT_FOR_AGENTS = "An agent's own key has no part in the organisation's credits; an organisation's key may."
_FIELDS = ("amount", "reason", "key")


class Credits(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.BUDGETS}

    @extend_schema(
        operation_id="workforce_credits",
        summary="The balance of credits and what moved it",
        parameters=[CreditQuery],
        responses={200: CreditPageSerializer},
        examples=examples.CREDITS,
    )
    def get(self, request: Request) -> Response:
        """Newest entries first. At a balance of 0 or below no scheduled work begins. An agent's own key may not."""
        asked = read_query(CreditQuery, request.query_params)
        who = caller(request)
        if who.agent_id is not None:
            raise Forbidden(NOT_FOR_AGENTS)
        entries = entries_of(who.organization)
        if "kind" in asked:
            entries = entries.filter(kind=asked["kind"])
        page = page_of(entries, by="at", newest_first=True, limit=asked["limit"], cursor=asked.get("cursor"))
        balance = balance_of(who.organization)
        answer = {
            "balance": balance,
            "has_credit": balance is None or balance > 0,
            "currency": policy_of(who.organization).currency,
            "results": page.rows,
            "next_cursor": page.next_cursor,
        }
        return Response(CreditPageSerializer(answer).data)

    @extend_schema(
        operation_id="workforce_credits_top_up",
        summary="Top up the credits",
        request=TopUpBody,
        responses={201: CreditEntrySerializer},
        examples=examples.TOP_UP,
    )
    def post(self, request: Request) -> Response:
        """Adds to the balance; the first top-up begins the work with credits. The same top-up under the same `key` is
        done once and answered as before; another under it is refused (409). An agent's own key may not."""
        who, data = caller(request), request.data
        if who.agent_id is not None:
            raise Forbidden(NOT_FOR_AGENTS)
        if not isinstance(data, Mapping):
            raise Invalid([("", NOT_AN_OBJECT)])
        amount, reason, key = data.get("amount"), data.get("reason"), data.get("key", "")
        if unknown := [(str(name)[:80], NO_SUCH_FIELD) for name in data if name not in _FIELDS]:
            raise Invalid([*unknown[:50], *read_movement(amount=amount, reason=reason, key=key, top_up=True)[1]])
        entry = credits.top_up(
            organization=who.organization, amount=amount, reason=reason, key=key, by=who.actor, now=timezone.now()
        )
        return Response(CreditEntrySerializer(entry).data, status=201)
