"""The roster: pods, agents, and what was last heard of each."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db.models import Count, Model, Prefetch, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workforce.admin import cells
from workforce.admin.agent_deeds import (
    IssueKey,
    Move,
    MovePod,
    PauseByHand,
    PlaceHold,
    ReassignOwner,
    ReleaseHold,
)
from workforce.admin.base import ScopedAdmin, ScopedInline, ScopedRelatedFilter
from workforce.admin.deeds import DeedsAdmin, in_bulk
from workforce.admin.export import export_csv
from workforce.admin.fields import TagsField, ToolsField
from workforce.admin.roster_file import RosterFileAdmin, export_roster
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.choices import HeartbeatStatus, HoldKind, LifecycleState, WorkMode
from workforce.models import Agent, ApiKey, Hold, Presence, Team, User
from workforce.rules import lifecycle as rules
from workforce.selectors.reporting import reporting_line
from workforce.services import agents, teams


class OneOf:
    """Two fields of a form for one thing that is a person or an agent."""

    def __init__(self, name: str, fault: str) -> None:
        self.name, self.fault = name, fault
        self.fields = (f"{name}_user", f"{name}_agent")

    def chosen(self, form: forms.BaseForm) -> list[User | Agent]:
        return [form.cleaned_data[field] for field in self.fields if form.cleaned_data.get(field) is not None]

    def check(self, form: forms.BaseForm, *, required: bool) -> None:
        if len(self.chosen(form)) > 1 or (required and not self.chosen(form)):
            form.add_error(self.fields[0], self.fault)

    def take(self, changes: dict[str, Any], form: forms.BaseForm) -> None:
        """Replace the two fields by the one the service knows, if either was changed."""
        if any(field in changes for field in self.fields):
            for field in self.fields:
                changes.pop(field, None)
            changes[self.name] = next(iter(self.chosen(form)), None)


OWNER = OneOf("owner", "Choose exactly one owner: a person or an agent.")
SECONDARY = OneOf("secondary_owner", "Choose one secondary owner at most: a person or an agent.")
LEAD = OneOf("lead", "Choose one lead: a person or an agent.")


class TeamForm(ServiceForm):
    aliases = {"lead": "lead_user"}

    class Meta:
        model = Team
        labels = {"lead_user": "Lead, a person", "lead_agent": "or an agent"}
        fields = ["organization", "name", "lead_user", "lead_agent"]

    def clean(self) -> None:
        LEAD.check(self, required=False)


@admin.register(Team)
class TeamAdmin(ServiceAdmin):
    form = TeamForm
    fields = ["organization", "name", ("lead_user", "lead_agent"), "size"]
    readonly_fields = ["size"]
    autocomplete_fields = ["lead_user", "lead_agent"]
    list_display = ["name", "organization", "led_by", "size"]
    list_select_related = ["organization", "lead_user", "lead_agent"]
    search_fields = ["name", "lead_user__name", "lead_agent__agent_name"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        gone = [state.value for state in rules.GONE]
        return (
            super().get_queryset(request).annotate(members=Count("agents", filter=~Q(agents__current_state__in=gone)))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["size", "organization"] if obj else ["size"]

    @admin.display(description="lead", ordering="lead_user__name")
    def led_by(self, team: Team) -> SafeString | str:
        return cells.link(team.lead)

    @admin.display(description="agents", ordering="members")
    def size(self, team: Team) -> SafeString | str:
        """Shown with a warning outside the target, never enforced (spec R3)."""
        members, target = getattr(team, "members", 0), Team.SIZE_TARGET
        if members in target:
            return str(members)
        return format_html('<span class="st is-warn">{} (target {} to {})</span>', members, target[0], target[-1])

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Team:
        said = {"name": form.cleaned_data["name"], "lead": next(iter(LEAD.chosen(form)), None)}
        if change:
            return teams.edit(team=form.instance, **said, by=by, now=now)
        return teams.create(organization=form.cleaned_data["organization"], **said, by=by, now=now)


class AgentForm(ServiceForm):
    aliases = {"owner": "owner_user", "secondary_owner": "secondary_owner_user"}
    capability_tags = TagsField(help_text="Between commas; at least one, for example web_research.")
    tools = ToolsField(required=False, help_text="One a line, for example “shell: always_ask”.")
    audit_tags = TagsField(required=False, help_text="Between commas. They may change even on an archived agent.")

    class Meta:
        model = Agent
        labels = {
            "owner_user": "Owner, a person",
            "owner_agent": "or an agent",
            "secondary_owner_user": "Secondary owner, a person",
            "secondary_owner_agent": "or an agent",
        }
        fields = [
            "organization",
            "agent_name",
            "agent_type",
            "capability_tags",
            "model_profile",
            "team",
            "owner_user",
            "owner_agent",
            "secondary_owner_user",
            "secondary_owner_agent",
            "priority_tier",
            "risk_level",
            "cost_budget_daily",
            "avatar",
            "tools",
            "notes",
            "audit_tags",
        ]

    def clean(self) -> None:
        if "owner_user" in self.fields:
            OWNER.check(self, required=True)
            SECONDARY.check(self, required=False)


class HoldInline(ScopedInline):
    """What holds the agent now; placing and releasing are buttons above."""

    model = Hold
    fields = ["kind", "reason", "placed_at", "placed_by_label", "until"]
    verbose_name = "active hold"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        return super().get_queryset(request).filter(released_at__isnull=True)


class ApiKeyInline(ScopedInline):
    """The agent's keys that were not revoked; rotating and revoking are on the key's own page."""

    model = ApiKey
    fields = ["opened", "created_at", "last_used_at", "expires_at"]

    @admin.display(description="key")
    def opened(self, key: ApiKey) -> SafeString | str:
        return cells.link(key)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).filter(revoked_at__isnull=True)


#: Rows of the page's first part; what they show follows from other things.
_STANDING: list[Any] = [
    ("state_shown", "clock_shown", "last_heard"),
    "reports_to",
    "clock_since",
    ("created_at", "updated_at"),
    "agent_id",
]
_DERIVED = list(flatten(_STANDING))


@admin.register(Agent)
class AgentAdmin(RosterFileAdmin, DeedsAdmin, ServiceAdmin):
    form = AgentForm
    fieldsets = [
        (None, {"fields": ["organization", "agent_name", "agent_type", "capability_tags", "model_profile", "team"]}),
        (
            "Owner",
            {
                "description": "Exactly one owner, a person or an agent. The secondary owner stands in.",
                "fields": [("owner_user", "owner_agent"), ("secondary_owner_user", "secondary_owner_agent")],
            },
        ),
        ("Policy", {"fields": [("priority_tier", "risk_level"), "cost_budget_daily", "tools"]}),
        ("Notes", {"fields": ["avatar", "notes", "audit_tags"]}),
    ]
    autocomplete_fields = ["owner_user", "owner_agent", "secondary_owner_user", "secondary_owner_agent", "team"]
    inlines = [HoldInline, ApiKeyInline]
    deeds = [Move(), PlaceHold(), ReleaseHold(), IssueKey()]
    actions = [
        in_bulk(PauseByHand(), name="pause", label="Pause by hand"),
        in_bulk(ReleaseHold(), name="release_manual", label="Release the manual hold", argument=HoldKind.MANUAL),
        in_bulk(Move(), name="retire", label="Retire", argument=LifecycleState.RETIRED),
        in_bulk(ReassignOwner(), name="reassign_owner", label="Reassign owner"),
        in_bulk(MovePod(), name="move_pod", label="Move to another pod"),
        export_csv,
        export_roster,
    ]
    list_display = [
        "agent_name",
        "team",
        "owned_by",
        "state_shown",
        "clock_shown",
        "held_by",
        "priority_tier",
        "model_profile",
        "last_heard",
    ]
    list_select_related = ["organization", "team", "owner_user", "owner_agent", "presence"]
    list_filter = [
        "current_state",
        "clock_status",
        ("team", ScopedRelatedFilter),
        "priority_tier",
        "agent_type",
        "risk_level",
    ]
    search_fields = ["agent_name", "model_profile", "owner_user__name", "owner_agent__agent_name", "team__name"]
    ordering = ["agent_name"]

    @classmethod
    def extend(cls, *, deeds: Any = (), inlines: Any = ()) -> None:
        """For the floors above: their buttons and rows on an agent's page."""
        cls.deeds = [*cls.deeds, *deeds]
        cls.inlines = [*cls.inlines, *inlines]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        active = Prefetch("holds", queryset=Hold.objects.active(), to_attr="active_holds")
        return super().get_queryset(request).prefetch_related(active)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*([("Standing", {"fields": _STANDING})] if obj else []), *super().get_fieldsets(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        if obj.current_state == LifecycleState.ARCHIVED:
            return [*(name for name in AgentForm.Meta.fields if name != "audit_tags"), *_DERIVED]
        return ["organization", *_DERIVED]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return list(super().get_inlines(request, obj)) if obj else []

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Agent:
        changes = form.changes() if change else dict(form.cleaned_data)
        organization = form.instance.organization if change else changes.pop("organization")
        tags = changes.pop("audit_tags", None)
        OWNER.take(changes, form)
        SECONDARY.take(changes, form)
        agent: Agent = form.instance
        if not change:
            agent = agents.create(organization=organization, **changes, by=by, now=now)
        elif changes:
            agent = agents.edit(organization=organization, agent_id=agent.pk, changes=changes, by=by, now=now)
        if tags is not None and (change or tags):
            agent = agents.set_audit_tags(organization=organization, agent_id=agent.pk, tags=tags, by=by, now=now)
        return agent

    @admin.display(description="owner", ordering="owner_user__name")
    def owned_by(self, agent: Agent) -> SafeString | str:
        return cells.link(agent.owner)

    @admin.display(description="state", ordering="current_state")
    def state_shown(self, agent: Agent) -> SafeString | str:
        return cells.status(agent.state)

    @admin.display(description="clock", ordering="clock_status")
    def clock_shown(self, agent: Agent) -> SafeString | str:
        return cells.status(agent.clock)

    @admin.display(description="holds")
    def held_by(self, agent: Agent) -> str:
        kinds = [HoldKind(hold.kind).label for hold in agent.active_holds]  # type: ignore[attr-defined]
        return ", ".join(kinds) or cells.NOTHING

    @admin.display(description="last heard", ordering="presence__last_seen_at")
    def last_heard(self, agent: Agent) -> SafeString | str:
        return cells.ago(agent.last_seen_at)

    @admin.display(description="reporting line")
    def reports_to(self, agent: Agent) -> str:
        return " → ".join(f"{step.name} ({step.role.replace('_', ' ')})" for step in reporting_line(agent))


@admin.register(Presence)
class PresenceAdmin(ScopedAdmin):
    """Read-only: heartbeats write it."""

    scope_path = "agent__organization"
    fields = [
        "agent",
        "last_seen_at",
        "last_emitted_at",
        "status",
        "work_mode",
        "summary",
        "queue_depth",
        "error_count_1h",
    ]
    list_display = ["agent", "status_shown", "mode", "last_seen_at", "queue_depth", "error_count_1h", "summary"]
    list_select_related = ["agent"]
    list_filter = ["status", "work_mode", ("agent__team", ScopedRelatedFilter)]
    search_fields = ["agent__agent_name"]
    ordering = ["agent__agent_name"]

    @admin.display(description="status", ordering="status")
    def status_shown(self, presence: Presence) -> SafeString | str:
        return cells.status(HeartbeatStatus(presence.status)) if presence.status else cells.NOTHING

    @admin.display(description="work mode", ordering="work_mode")
    def mode(self, presence: Presence) -> str:
        return WorkMode(presence.work_mode).label if presence.work_mode else cells.NOTHING
