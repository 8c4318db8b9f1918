"""The OpenAPI document says of heartbeats what the door does."""

from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
import time_machine
from drf_spectacular.generators import SchemaGenerator

from heartbeats.rules import payload
from workforce.choices import CommandKind
from workforce.rules.actors import system
from workforce.services import commands

T0 = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def operation(document):
    return document["paths"]["/api/heartbeats"]["post"]


@pytest.fixture(scope="module")
def check(document):
    def validate(instance: Any, schema: dict[str, Any]) -> None:
        whole = {"components": document["components"], **schema}
        jsonschema_rs.validator_for(whole, validate_formats=True).validate(instance)

    return validate


@pytest.fixture(autouse=True)
def _stopped_clock():
    with time_machine.travel(T0, tick=False):
        yield


def test_the_fields_are_those_that_are_read(document):
    row = document["components"]["schemas"]["Heartbeat"]
    assert tuple(row["properties"]) == payload.FIELDS
    assert row["additionalProperties"] is False


def test_the_other_paths_are_still_there(document):
    assert "/api/workforce/status" in document["paths"]
    assert list(document["paths"]) == sorted(document["paths"])


def test_the_examples_fit_their_schemas(operation, check):
    for body in (operation["requestBody"], *operation["responses"].values()):
        for content in body["content"].values():
            for example in content["examples"].values():
                check(example["value"], content["schema"])


@pytest.mark.django_db
def test_real_answers_fit_their_schemas(operation, check, send, beat, agent):
    def fits(response):
        (content,) = operation["responses"][str(response.status_code)]["content"].values()
        check(response.json(), content["schema"])
        return response

    commands.issue(agent=agent, command=CommandKind.WAKE, reason="Clocked in.", by=system("tests"), now=T0)
    assert fits(send(beat())).json()["commands"]
    assert fits(send([beat(), {}, beat(status="x")])).json()["refused"] == 2
    assert fits(send({"summary": 7})).status_code == 400
    assert fits(send(beat(), key="x")).status_code == 401
    assert fits(send(beat(agent_id="0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01"))).status_code == 404
    assert fits(send(b"x" * 900_001)).status_code == 413
    assert fits(send("x", content_type="text/plain")).status_code == 415


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["One", "Batch"])
def test_the_request_examples_are_taken(operation, send, agent, name):
    (content,) = operation["requestBody"]["content"].values()
    sent = content["examples"][name]["value"]
    rows = sent if isinstance(sent, list) else [sent]
    response = send([row | {"agent_id": str(agent.pk)} for row in rows])
    assert [result["accepted"] for result in response.json()["results"]] == [True, False][: len(rows)]


def test_the_schema_refuses_what_the_door_refuses(document, check):
    schema = {"$ref": "#/components/schemas/Heartbeat"}
    sound = {
        "agent_id": "0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01",
        "emitted_at": "2026-11-19T13:32:00Z",
        "status": "ok",
        "work_mode": "idle",
        "summary": "",
    }
    check(sound, schema)
    for wrong in (
        {"summary": "x" * 141},
        {"summary": "a\x00"},
        {"queue_depth": -1},
        {"queue_depth": 2**31},
        {"mood": 1},
        {"status": "fine"},
        {"ack_commands": [7]},
        {"emitted_at": "today"},
    ):
        with pytest.raises(jsonschema_rs.ValidationError):
            check(sound | wrong, schema)
