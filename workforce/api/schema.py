"""The OpenAPI document's own part: problem responses, the key as security scheme, bodies without unknown names."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from workforce.api.authentication import scope_for
from workforce.api.fields import Strict
from workforce.api.problem_types import PROBLEMS, STATUS_CODES, type_uri
from workforce.api.problems import MEDIA_TYPE
from workforce.rules.idempotency import HEADER, KEY_MAX, WRITES

NOW = "2026-11-19T13:32:00Z"
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Of your choice, new for each new request, for example a UUID. The same request with the same key is "
    "done once: repeated within 24 hours it gets the answer of the first, with `Idempotency-Replayed: true`.",
)


class FaultSerializer(serializers.Serializer[Any]):
    path = serializers.CharField(help_text="Where, for example shifts.0.end; empty for the body as a whole.")
    detail = serializers.CharField(help_text="What to change, in a sentence.")


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. Some problems have more members, for example ``legal`` with the moves that are open."""

    type = serializers.CharField(help_text="Address of a page about this kind of problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is the matter here, and what to do.")
    instance = serializers.CharField(required=False, help_text="The path that was asked.")
    code = serializers.CharField(required=False, help_text="The kind of problem, for programs.")
    request_id = serializers.CharField(required=False, help_text="Finds this request in the logs.")
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment]


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "workforce.api.authentication.ApiKeyAuthentication"
    name = ["ApiKey", "ApiKeyHeader"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        return [{"ApiKey": []}, {"ApiKeyHeader": []}]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        words = "A key of an agent (acts as that agent) or of an organisation (by its scopes), issued by HR."
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "pck_…", "description": words},
            {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": words},
        ]


class ProblemAutoSchema(AutoSchema):
    """Adds to each operation the problems it can answer with. An example of the operation's own wins over ours."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", None) or (super().get_tags() or ["api"])[0]]

    def get_description(self) -> str:  # type: ignore[override]
        words: str = super().get_description() or ""
        scope = scope_for(self.view, self.method)
        if scope is not None:
            words += f"\n\nAn organisation's key needs the scope `{scope}`."
        return words.strip()

    def get_override_parameters(self) -> list[Any]:
        return [IDEMPOTENCY_KEY] if self.method in WRITES else []

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if direction != "response":
            return responses
        for status in self._problem_statuses():
            code = str(status)
            own = [
                e for e in self.get_examples() if e.media_type == MEDIA_TYPE and code in map(str, e.status_codes or ())
            ]
            kind = PROBLEMS[STATUS_CODES[status]]
            answer = OpenApiResponse(
                ProblemSerializer, description=kind.title, examples=[] if own else [_example(status)]
            )
            responses[code] = self._get_response_for_code(answer, code, [MEDIA_TYPE], direction)
        return dict(sorted(responses.items()))

    def _problem_statuses(self) -> list[int]:
        statuses = [400, 406, 500, 503]
        if self.view.get_authenticators():
            statuses += [401, 403]
        if "{" in self.path or getattr(self.view, "takes_ids", False):
            statuses.append(404)
        if self.method in WRITES:
            statuses += [409, 413, 415, 422]
        return sorted(statuses)

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if direction == "request" and isinstance(serializer, Strict):
            schema["additionalProperties"] = False
        return schema


def problem_example(name: str, status: int, detail: str, *, code: str, **members: Any) -> OpenApiExample:
    """An example of a problem for ``extend_schema(examples=[…])``."""
    kind = PROBLEMS.get(code) or PROBLEMS[STATUS_CODES[status]]
    return OpenApiExample(
        name,
        value={
            **members,
            "type": type_uri(kind.code),
            "title": kind.title,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": "7c3f0e9a4d1b",
        },
        status_codes=[str(status)],
        media_type=MEDIA_TYPE,
        response_only=True,
    )


def _example(status: int) -> OpenApiExample:
    kind = PROBLEMS[STATUS_CODES[status]]
    members: dict[str, Any] = {}
    if status == 400:
        fault = {"path": "reason", "detail": "Use at most 500 characters; this has 501."}
        kind, members = PROBLEMS["invalid"], {"errors": [fault]}
    return problem_example(kind.title, status, kind.means, code=kind.code, **members)
