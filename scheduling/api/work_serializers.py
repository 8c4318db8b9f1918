"""What a runtime says of its work, and what a claim answers."""

from typing import Any

from rest_framework import serializers

from workforce.api.fields import Flag, Id, OneOf, Strict, Text, Whole
from workforce.api.serializers import Instant
from workforce.api.task_bodies import TOKEN_MOST
from workforce.api.task_serializers import TaskSerializer
from workforce.choices import BlockerCode
from workforce.models.work import ERROR_MAX, NOTE_MAX
from workforce.rules.tasks import LEASE_LEAST, LEASE_MOST
from workforce.services.task_input import RESULT_MAX

REASONS = [
    ("nothing_queued", "Nothing is waiting"),
    ("lifecycle", "Its state gives it no work"),
    ("hold", "It is held"),
    ("off_duty", "Off duty"),
    ("in_grace", "The shift is over"),
    ("staggered", "The shift has just begun"),
    ("line_busy", "It is working on a task"),
]


def _lease() -> Whole:
    words = f"Choose {LEASE_LEAST} to {LEASE_MOST:,} seconds."
    return Whole(min_value=LEASE_LEAST, max_value=LEASE_MOST, words=words, required=False, help_text="At first 300.")


class TokenBody(Strict):
    token = Whole(
        min_value=1, max_value=TOKEN_MOST, words="Give the token of the claim.", help_text="As the claim answered."
    )


class ClaimBody(Strict):
    agent_id = Id(required=False, help_text="An agent's own key may leave it out.")
    lease_seconds = _lease()


class ExtendBody(TokenBody):
    lease_seconds = _lease()
    percent_complete = Whole(min_value=0, max_value=100, required=False)


class DoneBody(TokenBody):
    result = Text(max_length=RESULT_MAX, required=False, default="", allow_blank=True, trim_whitespace=False)


class FailBody(TokenBody):
    error = Text(
        max_length=ERROR_MAX,
        error_messages=dict.fromkeys(("required", "null", "blank"), "Say what went wrong."),
        help_text="What went wrong.",
    )
    retry = Flag(required=False, default=True)


class BlockBody(TokenBody):
    code = OneOf(
        choices=BlockerCode.pairs(),
        error_messages=dict.fromkeys(("required", "null"), f"Choose one of: {', '.join(BlockerCode)}."),
    )
    note = Text(max_length=NOTE_MAX, required=False, default="", allow_blank=True, help_text="What is missing.")
    unblock_user = Id(required=False, help_text="The person who can unblock it.")
    unblock_agent = Id(required=False, help_text="Or the agent that can.")


class ClaimSerializer(serializers.Serializer[Any]):
    task = TaskSerializer(allow_null=True)
    token = serializers.IntegerField(allow_null=True)
    lease_expires_at = Instant(allow_null=True)
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True, help_text="Why there is no task.")
    detail = serializers.CharField(help_text="The same in a sentence; empty with a task.")
    ask_again_at = Instant(allow_null=True)
