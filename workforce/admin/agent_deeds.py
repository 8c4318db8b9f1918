"""What HR does to an agent beside editing its record: lifecycle moves, holds, keys (spec R4, R5, R8, P4)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from workforce.admin.deeds import Deed, DeedForm, Offer, OptionalReasonForm, ReasonForm
from workforce.admin.fields import moment_field
from workforce.choices import HoldKind, LifecycleState
from workforce.models import Agent, ApiKey, Hold
from workforce.rules import lifecycle as rules
from workforce.rules.actors import Actor
from workforce.rules.roster import NO_SUCH_OWNER, Unread
from workforce.selectors.hiring import owner_called, pod_called
from workforce.services import agents, holds, keys, lifecycle

_WORDS = {
    "make_ready": "Make ready",
    "assign": "Mark assigned",
    "execute": "Mark executing",
    "block": "Mark blocked",
    "degrade": "Mark degraded",
    "escalate": "Escalate",
    "pause": "Pause",
    "retire": "Retire",
    "archive": "Archive",
}
_CONSEQUENCES = {
    LifecycleState.PAUSED: "It stays paused until someone releases the hold; its hours do not wake it.",
    LifecycleState.RETIRED: "Its API keys stop working at once and its hours no longer act.",
    LifecycleState.ARCHIVED: "Nothing about an archived agent can be changed afterwards except its audit tags.",
}
#: Holds people place; ``off_hours`` is the clock's own.
PLACED_BY_PEOPLE = [(kind.value, kind.label) for kind in HoldKind if kind is not HoldKind.OFF_HOURS]


class Move(Deed):
    """One button per legal move; a reason where the rules ask for one."""

    name = "move"

    def offers(self, row: Agent) -> Iterable[Offer]:
        for target in rules.legal_targets(row.current_state, who=rules.PEOPLE):
            yield Offer(self.verb(target), target.value, danger=target in rules.GONE)

    def knows(self, argument: str) -> bool:
        return argument in rules.VERBS

    def form_for(self, argument: str) -> type[DeedForm]:
        return ReasonForm if rules.needs_reason(argument) else OptionalReasonForm

    def verb(self, argument: str) -> str:
        return _WORDS[rules.VERBS[LifecycleState(argument)]]

    def consequence(self, row: Agent, argument: str) -> str:
        return _CONSEQUENCES.get(LifecycleState(argument), "")

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Agent:
        return lifecycle.transition(
            organization=row.organization_id, agent_id=row.pk, to=argument, reason=answer["reason"], by=by, now=now
        )

    def outcome(self, row: Agent, argument: str, done: Agent) -> str:
        return f"{row.agent_name} is now {done.current_state}."


class HoldForm(ReasonForm):
    kind = forms.ChoiceField(choices=PLACED_BY_PEOPLE, label="Kind")
    until = moment_field("Until", "In your time zone. Ends by itself then; empty: when it is released.")
    field_order = ["kind", "reason", "until"]


class PlaceHold(Deed):
    name = "hold"
    form: ClassVar[type[DeedForm]] = HoldForm

    def offers(self, row: Agent) -> Iterable[Offer]:
        if row.state not in rules.GONE:
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Place a hold"

    def consequence(self, row: Agent, argument: str) -> str:
        return "It may not work while any hold is active. Releasing one frees only that one."

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Hold:
        return holds.place(
            organization=row.organization_id,
            agent_id=row.pk,
            kind=HoldKind(answer["kind"]),
            reason=answer["reason"],
            until=answer["until"],
            by=by,
            now=now,
        )

    def outcome(self, row: Agent, argument: str, done: Hold) -> str:
        return f"{row.agent_name} is held: {HoldKind(done.kind).label.lower()}."


class PauseByHand(PlaceHold):
    """The hold a person means by "pause", for several agents at once."""

    form: ClassVar[type[DeedForm]] = ReasonForm

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Hold:
        return super().run(row, argument, {**answer, "kind": HoldKind.MANUAL, "until": None}, by=by, now=now)


class OwnerForm(DeedForm):
    owner = forms.CharField(
        max_length=254, label="New owner", help_text="A person by e-mail address, or an agent by name. Exactly one."
    )


class ReassignOwner(Deed):
    """Another owner for several agents, found in the organisation of each."""

    name = "owner"
    form: ClassVar[type[DeedForm]] = OwnerForm

    def offers(self, row: Agent) -> Iterable[Offer]:
        return ()

    def verb(self, argument: str) -> str:
        return "Reassign owner"

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Agent:
        owner = owner_called(row.organization, answer["owner"].replace("\x00", ""))
        changes = {"owner": owner or Unread(NO_SUCH_OWNER)}
        return agents.edit(organization=row.organization, agent_id=row.pk, changes=changes, by=by, now=now)

    def outcome(self, row: Agent, argument: str, done: Agent) -> str:
        return f"{row.agent_name} is owned by {done.owner}."


class PodForm(DeedForm):
    team = forms.CharField(max_length=80, label="Pod", help_text="By name.")


class MovePod(Deed):
    """Another pod for several agents, found in the organisation of each."""

    name = "pod"
    form: ClassVar[type[DeedForm]] = PodForm

    def offers(self, row: Agent) -> Iterable[Offer]:
        return ()

    def verb(self, argument: str) -> str:
        return "Move to another pod"

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Agent:
        changes = {"team": pod_called(row.organization, answer["team"].replace("\x00", ""))}
        return agents.edit(organization=row.organization, agent_id=row.pk, changes=changes, by=by, now=now)

    def outcome(self, row: Agent, argument: str, done: Agent) -> str:
        return f"{row.agent_name} is in {done.team}."


class ReleaseHold(Deed):
    """One button per active hold; ``argument`` is its kind."""

    name = "release"

    def offers(self, row: Agent) -> Iterable[Offer]:
        for hold in row.holds.active():
            yield Offer(self.verb(hold.kind), hold.kind)

    def knows(self, argument: str) -> bool:
        return argument in list(HoldKind)

    def verb(self, argument: str) -> str:
        return f"Release hold “{HoldKind(argument).label.lower()}”"

    def consequence(self, row: Agent, argument: str) -> str:
        return "Other holds stay. With none left, a paused agent becomes ready."

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Hold:
        return holds.release(
            organization=row.organization_id,
            agent_id=row.pk,
            kind=HoldKind(argument),
            reason=answer["reason"],
            by=by,
            now=now,
        )

    def outcome(self, row: Agent, argument: str, done: Hold) -> str:
        return f"{row.agent_name}: released “{HoldKind(argument).label.lower()}”."


class KeyForm(DeedForm):
    aliases = {"name": "key_name"}

    key_name = forms.CharField(
        max_length=80, label="Name", help_text="Where the key is used, for example “runner on db-3”."
    )
    expires_at = moment_field("Expires", "In your time zone. Empty: it does not expire.")


class IssueKey(Deed):
    """A key that acts as this agent only. Its token is on the answer's page and nowhere else."""

    name = "key"
    form = KeyForm

    def offers(self, row: Agent) -> Iterable[Offer]:
        if row.state not in rules.GONE:
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Issue a key"

    def consequence(self, row: Agent, argument: str) -> str:
        return "The key acts as this agent only. It is shown once, on the next page."

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> tuple[ApiKey, str]:
        return keys.issue(
            organization=row.organization,
            agent=row,
            name=answer["key_name"],
            expires_at=answer["expires_at"],
            by=by,
            now=now,
        )

    def respond(self, admin: Any, request: HttpRequest, row: Any, argument: str, done: Any) -> HttpResponse:
        key, token = done
        return show_token(admin, request, key, token, back=admin.address_of(row))


def show_token(admin: Any, request: HttpRequest, key: ApiKey, token: str, *, back: str) -> HttpResponse:
    """The only page that ever shows a token: the answer to the POST itself, which browsers are told not to keep."""
    context = {
        **admin.admin_site.each_context(request),
        "title": "Copy the key now",
        "opts": admin.opts,
        "key": key,
        "token": token,
        "back": back,
    }
    request.current_app = admin.admin_site.name
    response = TemplateResponse(request, "admin/punchcard/token.html", context)
    response["Cache-Control"] = "no-store"
    return response
