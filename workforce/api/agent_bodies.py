"""What the roster's writing endpoints take: an agent's record, with its owner and pod as callers know them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from workforce.api.fields import NOT_AN_OBJECT, UNKNOWN, Strict, Text
from workforce.api.problems import ERRORS_MAX
from workforce.choices import AgentType, PriorityTier, RiskLevel
from workforce.models import Agent, Organization, Team, User
from workforce.rules.roster import EDITABLE, LONGEST, NO_SUCH_OWNER, NO_SUCH_POD, TAG_LONGEST, TOOL_MODES, Unread
from workforce.selectors.hiring import agent_called, person_called, pod_called

WHO = 'Give a person as {"user": …} or an agent as {"agent": …}, not both.'
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")


class WhoBody(Strict):
    """One of the two."""

    user = Text(required=False, help_text="A person of this organisation, by id or e-mail address.")
    agent = Text(required=False, help_text="An agent of this organisation, by id or name.")


class AgentBody(Strict):
    """For the document only: what may be in the fields the service checks, so that every fault is told at once."""

    agent_name = Text(max_length=LONGEST["agent_name"], help_text="Once per organisation.")
    agent_type = serializers.ChoiceField(choices=AgentType.pairs())
    capability_tags = serializers.ListField(
        child=Text(max_length=TAG_LONGEST), min_length=1, max_length=30, help_text="For example web_research."
    )
    model_profile = Text(max_length=LONGEST["model_profile"])
    owner = WhoBody(help_text="Directly accountable: exactly one person or one agent.")
    secondary_owner = WhoBody(required=False, allow_null=True, help_text="Stands in. Null for nobody.")
    team = Text(help_text="The pod, by id or name.")
    priority_tier = serializers.ChoiceField(choices=PriorityTier.pairs())
    risk_level = serializers.ChoiceField(choices=RiskLevel.pairs())
    cost_budget_daily = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), required=False, allow_null=True
    )
    avatar = Text(max_length=LONGEST["avatar"], required=False, allow_blank=True)
    tools = serializers.DictField(
        child=serializers.ChoiceField(choices=[(mode, mode) for mode in TOOL_MODES]), required=False
    )
    notes = Text(max_length=LONGEST["notes"], required=False, allow_blank=True)


def record_of(organization: Organization, data: Any) -> dict[str, Any]:
    """A body as ``services.agents`` takes it; what cannot be read is an ``Unread`` that says why.

    Raises ``ValidationError`` where the body is no object at all, or holds names that are no fields and too many.
    """
    if not isinstance(data, Mapping):
        raise ValidationError({"non_field_errors": [NOT_AN_OBJECT]})
    unknown = [name for name in data if name not in EDITABLE]
    if len(unknown) > ERRORS_MAX:
        raise ValidationError({str(name)[:80]: [UNKNOWN] for name in unknown[:ERRORS_MAX]})
    record = dict(data)
    for name in ("owner", "secondary_owner"):
        if record.get(name) is not None:
            record[name] = _who(organization, record[name])
    if record.get("team") not in (None, ""):
        record["team"] = _pod(organization, record["team"])
    if "cost_budget_daily" in record:
        record["cost_budget_daily"] = _amount(record["cost_budget_daily"])
    return record


def _who(organization: Organization, value: Any) -> User | Agent | Unread:
    if not isinstance(value, Mapping) or len(value) != 1:
        return Unread(WHO)
    ((kind, text),) = value.items()
    if kind not in ("user", "agent") or not isinstance(text, str) or not text.strip():
        return Unread(WHO)
    found = person_called(organization, text) if kind == "user" else agent_called(organization, text)
    return found or Unread(NO_SUCH_OWNER)


def _pod(organization: Organization, value: Any) -> Team | Unread:
    if not isinstance(value, str):
        return Unread("Give the pod's id or name.")
    return pod_called(organization, value) or Unread(NO_SUCH_POD)


def _amount(value: Any) -> Any:
    """A number as JSON or as text; anything else stays what it is, and the service says what to write."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value)) + 0
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return Decimal(value) + 0
    return value
