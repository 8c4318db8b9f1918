"""Hiring many agents from a CSV text (spec R9)."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api.authentication import caller
from workforce.api.examples import AGENT_ID, answer
from workforce.api.fields import OneOf, Query, read_query
from workforce.api.parsers import MAX_BYTES
from workforce.api.problems import TooLarge, Unreadable
from workforce.api.schema import problem_example
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.rules.roster_csv import COLUMNS, EXAMPLE, decoded
from workforce.services import roster_import

CSV = "text/csv"
_TEXT = "\n".join(",".join(line) for line in (COLUMNS, *EXAMPLE)) + "\n"


class CsvParser(BaseParser):
    """The text itself. What is in it, the service says."""

    media_type = CSV

    def parse(  # type: ignore[override]
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> str:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge(f"The body is too large: at most {MAX_BYTES:,} bytes are taken.")
        text = decoded(raw)
        if text is None:
            raise Unreadable("The body is not valid UTF-8.")
        return text


class ImportQuery(Query):
    dry_run = OneOf(
        choices=[("true", "true"), ("false", "false")],
        default="false",
        help_text="true: only look, write nothing, and name every line that cannot be taken.",
    )


class LineFaultSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Counted from 1, the header's.")
    field = serializers.CharField(help_text="The column; empty for the line as a whole.")
    sentence = serializers.CharField()


class HiredSerializer(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()


class ImportSerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    rows = serializers.IntegerField(help_text="Lines that were looked at, without the header.")
    good = serializers.IntegerField(help_text="Lines that can be taken, or were.")
    faults = LineFaultSerializer(many=True, help_text="Of a dry run; nothing can be imported while there is one.")
    hired = HiredSerializer(many=True, help_text="In the order of the lines; empty for a dry run.")


_FAULT = "There is no such person or agent in this organisation."
EXAMPLES = [
    OpenApiExample("Two agents, one owned by the other", value=_TEXT, request_only=True, media_type=CSV),
    answer(
        "A dry run",
        {
            "dry_run": True,
            "rows": 2,
            "good": 1,
            "faults": [{"line": 3, "field": "owner", "sentence": _FAULT}],
            "hired": [],
        },
    ),
    answer(
        "Hired",
        {
            "dry_run": False,
            "rows": 1,
            "good": 1,
            "faults": [],
            "hired": [{"agent_id": AGENT_ID, "agent_name": "triage-01"}],
        },
        status=201,
    ),
    problem_example(
        "A line that cannot be taken",
        400,
        "Nothing was imported: some lines need to be changed.",
        code="invalid",
        errors=[{"path": "lines.3.owner", "detail": _FAULT}],
    ),
]


class ImportAgents(ApiView):
    scopes = {"POST": KeyScope.ROSTER}
    parser_classes = [CsvParser]

    @extend_schema(
        operation_id="agents_import",
        summary="Hire many agents from a CSV text",
        parameters=[ImportQuery],
        request={CSV: OpenApiTypes.STR},
        responses={200: ImportSerializer, 201: ImportSerializer},
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """All of them, or none. Columns are named as in the agent's record; the owner is an e-mail address or an
        agent's name, also of the same text. Try it with `dry_run=true` first."""
        asked = read_query(ImportQuery, request.query_params)
        who, text = caller(request), request.data if isinstance(request.data, str) else ""
        given: dict[str, Any] = {"organization": who.organization, "text": text, "by": who.actor}
        if asked["dry_run"] == "true":
            found = roster_import.preview(**given)
            facts = {"dry_run": True, "rows": found.rows, "good": found.good, "faults": found.faults, "hired": []}
            return Response(ImportSerializer(facts).data)
        hired = roster_import.run(**given, now=timezone.now())
        facts = {"dry_run": False, "rows": len(hired), "good": len(hired), "faults": [], "hired": hired}
        return Response(ImportSerializer(facts).data, status=201)
