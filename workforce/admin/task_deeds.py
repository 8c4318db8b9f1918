"""What HR does to a task: the same deeds as on its page, through the same services (spec T3, T4, U8)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from workforce.admin.deeds import Deed, DeedForm, Offer, OptionalReasonForm
from workforce.choices import TaskPriority, TaskStatus
from workforce.models import Agent, Task
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid
from workforce.services import tasks


class ResultForm(DeedForm):
    result = forms.CharField(
        label="Result, if there is one to tell",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField", "autofocus": True}),
    )


class TaskDeed(Deed):
    """One that works on open tasks."""

    label: ClassVar[str]
    danger: ClassVar[bool] = False

    def offers(self, row: Task) -> Iterable[Offer]:
        if row.is_open:
            yield Offer(self.label, danger=self.danger)

    def verb(self, argument: str) -> str:
        return self.label


class Complete(TaskDeed):
    name, label, form = "complete", "Mark done", ResultForm

    def consequence(self, row: Task, argument: str) -> str:
        return "A runtime at work on it is told to stop; what it reports afterwards is kept as late."

    def run(self, row: Task, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Task:
        return tasks.complete(
            organization=row.organization, task_id=row.pk, result=answer.get("result", ""), by=by, now=now
        )

    def outcome(self, row: Task, argument: str, done: Task) -> str:
        return f"“{done.title}” is done."


class Cancel(TaskDeed):
    name, label, form, danger = "cancel", "Cancel", OptionalReasonForm, True

    def consequence(self, row: Task, argument: str) -> str:
        return "For good: a runtime at work on it is told to stop, and what it reports afterwards is kept as late."

    def run(self, row: Task, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Task:
        return tasks.cancel(organization=row.organization, task_id=row.pk, reason=answer["reason"], by=by, now=now)

    def outcome(self, row: Task, argument: str, done: Task) -> str:
        return f"“{done.title}” is cancelled."


class ToAgentForm(OptionalReasonForm):
    aliases = {"agent_id": "agent"}
    agent = forms.CharField(max_length=120, label="Agent", help_text="By name, of the same organisation.")
    field_order = ["agent", "reason"]


class Reassign(TaskDeed):
    name, label, form = "reassign", "Reassign", ToAgentForm

    def consequence(self, row: Task, argument: str) -> str:
        return "It keeps its age in the queue. A runtime at work on it is told to stop."

    def run(self, row: Task, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Task:
        name = answer["agent"].replace("\x00", "").strip()
        agent = Agent.objects.of(row.organization).filter(agent_name=name).first()
        if agent is None:
            raise Invalid([("agent_id", "There is no such agent in this organisation.")])
        return tasks.reassign(
            organization=row.organization,
            task_id=row.pk,
            agent_id=agent.pk,
            reason=answer["reason"],
            by=by,
            now=now,
        )

    def outcome(self, row: Task, argument: str, done: Task) -> str:
        return f"“{done.title}” is given to {done.agent.agent_name}."


class Urgent(TaskDeed):
    name, label, form = "urgent", "Mark urgent", OptionalReasonForm

    def offers(self, row: Task) -> Iterable[Offer]:
        if row.is_open:
            yield Offer(self.verb("off"), "off") if row.urgent else Offer(self.verb("on"), "on")

    def knows(self, argument: str) -> bool:
        return argument in ("on", "off")

    def verb(self, argument: str) -> str:
        return "Mark urgent" if argument == "on" else "No longer urgent"

    def consequence(self, row: Task, argument: str) -> str:
        return "An urgent task passes the off-duty gate: its agent is woken to fetch it." if argument == "on" else ""

    def run(self, row: Task, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Task:
        return tasks.set_urgent(
            organization=row.organization,
            task_id=row.pk,
            urgent=argument == "on",
            reason=answer["reason"],
            by=by,
            now=now,
        )

    def outcome(self, row: Task, argument: str, done: Task) -> str:
        return f"“{done.title}” is {'urgent' if done.urgent else 'no longer urgent'}."


class Unblock(TaskDeed):
    name, label, form = "unblock", "Unblock", OptionalReasonForm

    def offers(self, row: Task) -> Iterable[Offer]:
        if row.where == TaskStatus.BLOCKED:
            yield Offer(self.label)

    def consequence(self, row: Task, argument: str) -> str:
        return "Its blocker and who could clear it are forgotten; it waits in the queue again."

    def run(self, row: Task, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Task:
        return tasks.unblock(organization=row.organization, task_id=row.pk, reason=answer["reason"], by=by, now=now)

    def outcome(self, row: Task, argument: str, done: Task) -> str:
        return f"“{done.title}” waits in the queue."


class PriorityForm(DeedForm):
    priority = forms.ChoiceField(choices=TaskPriority.pairs, label="Priority")


class Reprioritise(TaskDeed):
    """For several tasks at once; of one, the priority is a field of its page."""

    name, label, form = "priority", "Set the priority", PriorityForm

    def offers(self, row: Task) -> Iterable[Offer]:
        return ()

    def run(self, row: Task, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Task:
        changes = {"priority": answer["priority"]}
        return tasks.edit(organization=row.organization, task_id=row.pk, changes=changes, by=by, now=now)

    def outcome(self, row: Task, argument: str, done: Task) -> str:
        return f"“{done.title}” has priority {done.weight.label.lower()}."
