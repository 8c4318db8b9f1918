"""What HR does to workstreams and assignments, through the same services as the API (spec R7, U8)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from workforce.admin.deeds import Deed, DeedForm, Offer, OptionalReasonForm, ReasonForm
from workforce.choices import AssignmentStatus, BlockerCode
from workforce.models import Agent, Assignment, User, Workstream
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid
from workforce.selectors.hiring import owner_called
from workforce.services import assignments, workstreams

_NO_SUCH_AGENT = "There is no such agent in this organisation."
_NAMED = "By e-mail address or agent name. Empty: the agent's owner."


class CloseWorkstream(Deed):
    name, form = "close", OptionalReasonForm

    def offers(self, row: Workstream) -> Iterable[Offer]:
        if not row.is_closed:
            yield Offer(self.verb(""), danger=True)

    def verb(self, argument: str) -> str:
        return "Close"

    def consequence(self, row: Workstream, argument: str) -> str:
        return "It takes no more work. It can be opened again."

    def run(self, row: Workstream, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Workstream:
        return workstreams.close(
            organization=row.organization, workstream_id=row.pk, reason=answer["reason"], by=by, now=now
        )

    def outcome(self, row: Workstream, argument: str, done: Workstream) -> str:
        return f"“{done.name}” is closed."


class ReopenWorkstream(Deed):
    name, form = "reopen", OptionalReasonForm

    def offers(self, row: Workstream) -> Iterable[Offer]:
        if row.is_closed:
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Open again"

    def run(self, row: Workstream, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Workstream:
        return workstreams.reopen(
            organization=row.organization, workstream_id=row.pk, reason=answer["reason"], by=by, now=now
        )

    def outcome(self, row: Workstream, argument: str, done: Workstream) -> str:
        return f"“{done.name}” takes work again."


class _OfOpen(Deed):
    label: ClassVar[str]

    def offers(self, row: Assignment) -> Iterable[Offer]:
        if row.is_open:
            yield Offer(self.label)

    def verb(self, argument: str) -> str:
        return self.label


class CompletePart(_OfOpen):
    name, label, form = "complete", "Mark done", OptionalReasonForm

    def consequence(self, row: Assignment, argument: str) -> str:
        return "The task is completed with it, and the reason kept as its result." if row.follows_its_task else ""

    def run(self, row: Assignment, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Assignment:
        return assignments.complete(
            organization=row.organization, assignment_id=row.pk, reason=answer["reason"], by=by, now=now
        )

    def outcome(self, row: Assignment, argument: str, done: Assignment) -> str:
        return f"{done}: done."


class ToAgentForm(ReasonForm):
    aliases = {"agent_id": "agent"}
    agent = forms.CharField(max_length=120, label="Agent", help_text="Who takes over, by name.")
    field_order = ["agent", "reason"]


class HandOff(_OfOpen):
    name, label, form = "handoff", "Hand off", ToAgentForm

    def consequence(self, row: Assignment, argument: str) -> str:
        return (
            "The task is reassigned with it; a runtime at work on it is told to stop." if row.follows_its_task else ""
        )

    def run(self, row: Assignment, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Assignment:
        name = answer["agent"].replace("\x00", "").strip()
        agent = Agent.objects.of(row.organization).filter(agent_name=name).first()
        if agent is None:
            raise Invalid([("agent_id", _NO_SUCH_AGENT)])
        return assignments.hand_off(
            organization=row.organization,
            assignment_id=row.pk,
            agent_id=agent.pk,
            reason=answer["reason"],
            by=by,
            now=now,
        )

    def outcome(self, row: Assignment, argument: str, done: Assignment) -> str:
        return f"{done.agent.agent_name} takes over as {done.part.label.lower()} of “{done.of_what}”."


class BlockForm(DeedForm):
    aliases = {"unblock_user": "unblocker", "unblock_agent": "unblocker"}
    code = forms.ChoiceField(choices=BlockerCode.pairs, label="Why")
    note = forms.CharField(label="In words", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    unblocker = forms.CharField(label="Who can unblock it", required=False, max_length=254, help_text=_NAMED)


class Block(_OfOpen):
    name, label, form = "block", "Block", BlockForm

    def offers(self, row: Assignment) -> Iterable[Offer]:
        if row.where == AssignmentStatus.ACTIVE and not row.follows_its_task:
            yield Offer(self.label)

    def consequence(self, row: Assignment, argument: str) -> str:
        return "Whoever can unblock it is told."

    def run(self, row: Assignment, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Assignment:
        text = answer["unblocker"].replace("\x00", "").strip()
        who = owner_called(row.organization, text) if text else None
        if text and who is None:
            raise Invalid([("unblock_user", "There is no such person or agent in this organisation.")])
        return assignments.block(
            organization=row.organization,
            assignment_id=row.pk,
            code=answer["code"],
            note=answer["note"],
            unblock_user=who.pk if isinstance(who, User) else None,
            unblock_agent=who.pk if isinstance(who, Agent) else None,
            by=by,
            now=now,
        )

    def outcome(self, row: Assignment, argument: str, done: Assignment) -> str:
        return f"{done}: blocked. {done.unblocker} can unblock it."


class Unblock(_OfOpen):
    name, label, form = "unblock", "Unblock", OptionalReasonForm

    def offers(self, row: Assignment) -> Iterable[Offer]:
        if row.where == AssignmentStatus.BLOCKED:
            yield Offer(self.label)

    def consequence(self, row: Assignment, argument: str) -> str:
        return "Its blocker and who could clear it are forgotten."

    def run(self, row: Assignment, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Assignment:
        return assignments.unblock(
            organization=row.organization, assignment_id=row.pk, reason=answer["reason"], by=by, now=now
        )

    def outcome(self, row: Assignment, argument: str, done: Assignment) -> str:
        return f"{done}: active again."
