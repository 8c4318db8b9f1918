"""What every endpoint built on DRF inherits: a write with an ``Idempotency-Key`` is done once (spec I3).

Heartbeats are not built on DRF: they carry a ``heartbeat_id``, which does the same for each of them.
"""

from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.views import APIView

from workforce.api.authentication import caller
from workforce.models import IdempotentRequest
from workforce.rules.idempotency import HEADER, WRITES
from workforce.services import idempotency

REPLAYED = "Idempotency-Replayed"


class ApiView(APIView):
    """Base of all views under ``/api/``."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's, except that between the checks of the caller and the handler the key is claimed."""
        method = request.method or ""
        handler = getattr(self, method.lower(), None) if method in WRITES and HEADER in request.headers else None
        if handler is None:
            return super().dispatch(request, *args, **kwargs)
        self.args, self.kwargs, self.headers = args, kwargs, self.default_response_headers
        self.request = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(self.request, *args, **kwargs)
            claim = idempotency.claim(
                api_key=caller(self.request).key,
                key=request.headers[HEADER],
                method=method,
                path=request.get_full_path(),
                body=request.body,
                now=timezone.now(),
            )
        except Exception as refused:
            return self._written(self.handle_exception(refused))
        if claim.answered_at is not None:
            return self._written(_again(claim))
        return self._once(claim, lambda: handler(self.request, *args, **kwargs))

    def _once(self, claim: IdempotentRequest, handle: Callable[[], HttpResponse]) -> HttpResponse:
        """The deed and its answer are committed together. Refusals are answers; a failure of ours frees the key."""
        kept = False
        try:
            with transaction.atomic():
                try:
                    response = self._written(handle())
                except Exception as refused:
                    response = self._written(self.handle_exception(refused))
                if response.status_code < 500:
                    _keep(claim, response)
                else:
                    transaction.set_rollback(True)
            kept = response.status_code < 500
        except Exception as refused:  # the claim ran out meanwhile, or the database was lost at the end
            response = self._written(self.handle_exception(refused))
        finally:
            if not kept:
                idempotency.give_up(claim=claim)
        return response

    def _written(self, response: HttpResponse) -> HttpResponse:
        """With its headers and, since it is kept as text, its body."""
        done = self.finalize_response(self.request, cast(Response, response), *self.args, **self.kwargs)
        return done.render() if isinstance(done, Response) else done


def _keep(claim: IdempotentRequest, response: HttpResponse) -> None:
    idempotency.answer(
        claim=claim,
        status=response.status_code,
        content_type=response.headers.get("Content-Type", ""),
        body=response.content.decode(),
        now=timezone.now(),
    )


def _again(claim: IdempotentRequest) -> HttpResponse:
    response = HttpResponse(claim.body, status=claim.status_code, content_type=claim.content_type or None)
    if not claim.content_type:
        del response.headers["Content-Type"]
    response.headers[REPLAYED] = "true"
    return response
