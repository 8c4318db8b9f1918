"""Prices and weights by which usage is counted (spec B2). HR sets them in the admin."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api import money_examples as examples
from budgets.api.serializers import PricePageSerializer, PriceQuery
from budgets.selectors.prices import policy_of, prices_of
from workforce.api.authentication import caller
from workforce.api.fields import read_query
from workforce.api.paging import page_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope


class Prices(ApiView):
    scopes = {"GET": KeyScope.READ}

    @extend_schema(
        operation_id="workforce_prices",
        summary="Prices of models and weights of tokens",
        parameters=[PriceQuery],
        responses={200: PricePageSerializer},
        examples=examples.PRICES,
    )
    def get(self, request: Request) -> Response:
        """Dated list prices per million tokens, by model. The newest of a model that has begun is in force. A usage is
        priced when it is recorded, by the price of its moment."""
        asked = read_query(PriceQuery, request.query_params)
        place = caller(request).organization
        prices = prices_of(place)
        if "model" in asked:
            prices = prices.filter(model=asked["model"])
        page = page_of(prices, by="model", limit=asked["limit"], cursor=asked.get("cursor"))
        policy = policy_of(place)
        answer = {
            "currency": policy.currency,
            "weights": policy,
            "results": page.rows,
            "next_cursor": page.next_cursor,
        }
        return Response(PricePageSerializer(answer).data)
