"""Pods, agents, and what was last heard of each agent."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Left
from django.db.models.lookups import Exact
from django.utils import timezone
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from workforce.choices import AgentType, ClockStatus, HeartbeatStatus, LifecycleState, PriorityTier, RiskLevel, WorkMode
from workforce.models.ids import uuid7
from workforce.models.people import Organization, User
from workforce.models.promises import FrozenWhen, Mutability
from workforce.rules import lifecycle

S = LifecycleState


def _known(field: str, values: Any) -> Q:
    return Q(**{f"{field}__in": [member.value for member in values]})


class Team(models.Model):
    """A pod. Its lead is a person or an agent; the size target is shown, never enforced (spec R3)."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE
    SIZE_TARGET = range(3, 8)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=80)
    lead_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="led_teams")
    lead_agent = models.ForeignKey(
        "workforce.Agent", null=True, blank=True, on_delete=models.SET_NULL, related_name="led_teams"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "pod"
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="team_name_once"),
            models.CheckConstraint(
                condition=Q(lead_user__isnull=True) | Q(lead_agent__isnull=True), name="team_one_lead_at_most"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lead(self) -> "User | Agent | None":
        return self.lead_user or self.lead_agent


class AgentQuerySet(models.QuerySet["Agent"]):
    def of(self, organization: Organization | UUID) -> "AgentQuerySet":
        """Only this organisation's. Every page and endpoint starts here."""
        return self.filter(organization=organization)

    def active(self) -> "AgentQuerySet":
        return self.exclude(current_state__in=[s.value for s in lifecycle.GONE])


class Agent(ConcurrentTransitionMixin, models.Model):
    """One AI agent on the roster (001 §1.1). ``current_state`` changes through ``services.lifecycle`` only."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE
    frozen_when: ClassVar[FrozenWhen] = FrozenWhen(
        column="current_state",
        value=S.ARCHIVED.value,
        except_columns=frozenset({"audit_tags"}),
        says="an archived agent is immutable",
    )

    agent_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="agents")
    agent_name = models.CharField(max_length=80)
    agent_type = models.CharField(max_length=12, choices=AgentType.pairs)
    capability_tags = models.JSONField(help_text="At least one, for example web_research.")
    model_profile = models.CharField(max_length=80)
    owner_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="owned_agents")
    owner_agent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="owned_agents"
    )
    secondary_owner_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="covered_agents"
    )
    secondary_owner_agent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="covered_agents"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="agents", verbose_name="pod")
    current_state = FSMField(default=S.REGISTERED.value, choices=S.pairs(), protected=True, max_length=12)
    priority_tier = models.CharField(max_length=2, choices=PriorityTier.pairs)
    cost_budget_daily = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    risk_level = models.CharField(max_length=6, choices=RiskLevel.pairs)
    avatar = models.CharField(max_length=8, blank=True, help_text="One or two letters or an emoji; empty: initials.")
    tools = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True, max_length=4000)
    audit_tags = models.JSONField(default=list, blank=True)
    clock_status = models.CharField(
        max_length=12, choices=ClockStatus.pairs, default=ClockStatus.NO_SCHEDULE, editable=False
    )
    clock_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Effective moment of the last clock event: when it was due or made by hand.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ["agent_name"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "agent_name"], name="agent_name_once"),
            models.CheckConstraint(
                condition=Q(owner_user__isnull=False, owner_agent__isnull=True)
                | Q(owner_user__isnull=True, owner_agent__isnull=False),
                name="agent_exactly_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(secondary_owner_user__isnull=True) | Q(secondary_owner_agent__isnull=True),
                name="agent_one_secondary_owner_at_most",
            ),
            models.CheckConstraint(
                condition=Q(owner_agent__isnull=True) | ~Q(owner_agent=F("agent_id")), name="agent_owns_not_itself"
            ),
            models.CheckConstraint(
                condition=Q(secondary_owner_agent__isnull=True) | ~Q(secondary_owner_agent=F("agent_id")),
                name="agent_covers_not_itself",
            ),
            # A list (PostgreSQL finds a first item in a bare text too) with something in it.
            models.CheckConstraint(
                condition=Q(
                    Exact(Left(Cast("capability_tags", models.TextField()), 1), "["), capability_tags__0__isnull=False
                ),
                name="agent_has_a_tag",
            ),
            models.CheckConstraint(condition=~Q(agent_name=""), name="agent_has_a_name"),
            models.CheckConstraint(condition=~Q(model_profile=""), name="agent_has_a_model_profile"),
            models.CheckConstraint(condition=_known("current_state", S), name="agent_state_known"),
            models.CheckConstraint(condition=_known("agent_type", AgentType), name="agent_type_known"),
            models.CheckConstraint(condition=_known("priority_tier", PriorityTier), name="agent_tier_known"),
            models.CheckConstraint(condition=_known("risk_level", RiskLevel), name="agent_risk_known"),
            models.CheckConstraint(condition=_known("clock_status", ClockStatus), name="agent_clock_status_known"),
            models.CheckConstraint(
                condition=Q(cost_budget_daily__isnull=True) | Q(cost_budget_daily__gte=0),
                name="agent_cost_budget_not_negative",
            ),
        ]
        indexes = [
            # The three stat cards and the roster's filters count on these.
            models.Index(fields=["organization", "clock_status", "current_state"], name="agent_org_clock"),
            models.Index(fields=["organization", "current_state"], name="agent_org_state"),
            models.Index(fields=["organization", "team", "agent_name"], name="agent_org_team_name"),
        ]

    def __str__(self) -> str:
        return self.agent_name

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """As Django does it. django-fsm's own lifts the protection of the state for the whole process meanwhile, which
        another thread sees, and leaves it lifted where the row is gone."""
        kept = self.__dict__.copy()
        self.__dict__.pop("current_state", None)
        try:
            super(FSMModelMixin, self).refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        except BaseException:
            self.__dict__.update(kept)
            raise
        if fields is not None and "current_state" not in fields and "current_state" in kept:
            self.__dict__["current_state"] = kept["current_state"]
        else:
            self._update_initial_state()

    # The verbs of the lifecycle, generated from its table below. Services call them; nothing else does.

    @property
    def owner(self) -> "User | Agent":
        return self.owner_user or self.owner_agent  # type: ignore[return-value]

    @property
    def owner_id(self) -> UUID:
        return self.owner_user_id or self.owner_agent_id  # type: ignore[return-value]

    @property
    def secondary_owner(self) -> "User | Agent | None":
        return self.secondary_owner_user or self.secondary_owner_agent

    @property
    def state(self) -> LifecycleState:
        return LifecycleState(self.current_state)

    @property
    def clock(self) -> ClockStatus:
        return ClockStatus(self.clock_status)

    @property
    def last_seen_at(self) -> datetime | None:
        """Receive time of the last heartbeat. Load with ``select_related("presence")``."""
        presence = getattr(self, "presence", None)
        return presence.last_seen_at if presence else None

    @property
    def initials(self) -> str:
        if self.avatar:
            return self.avatar
        words = self.agent_name.replace("_", "-").split("-")
        return ("".join(word[0] for word in words[:2] if word) or self.agent_name[:1]).upper()


def _verb(target: LifecycleState) -> Any:
    def move(self: Agent) -> None:
        """Legal by the table, or django-fsm raises; who and why are the service's business."""

    move.__name__ = lifecycle.VERBS[target]
    return transition(
        field=Agent._meta.get_field("current_state"), source=lifecycle.sources_of(target), target=target.value
    )(move)


for _target in lifecycle.VERBS:
    setattr(Agent, lifecycle.VERBS[_target], _verb(_target))
# django-fsm looked for the verbs when the class was made, before they were there.
Agent._meta.get_field("current_state")._collect_transitions(sender=Agent)


class Presence(models.Model):
    """What was last heard of an agent: one narrow row that every heartbeat updates, beside the wide one that few do."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, primary_key=True, related_name="presence")
    last_seen_at = models.DateTimeField(null=True, help_text="Server's receive time; moves forward only.")
    last_emitted_at = models.DateTimeField(null=True, help_text="Newest emission; older ones do not change the facts.")
    status = models.CharField(max_length=8, choices=HeartbeatStatus.pairs, blank=True)
    work_mode = models.CharField(max_length=10, choices=WorkMode.pairs, blank=True)
    summary = models.CharField(max_length=140, blank=True)
    queue_depth = models.PositiveIntegerField(null=True)
    error_count_1h = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name_plural = "presence"
        constraints = [
            models.CheckConstraint(
                condition=Q(status="") | _known("status", HeartbeatStatus), name="presence_status_known"
            ),
            models.CheckConstraint(
                condition=Q(work_mode="") | _known("work_mode", WorkMode), name="presence_work_mode_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} last seen {self.last_seen_at}"
