"""Making the demo company, through the services alone: what they would refuse to a person, they refuse here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from budgets.choices import CapWindow
from budgets.models import Caps
from budgets.rules.usage_entry import Entry
from budgets.rules.windows import window_at
from budgets.services import credits, policy, prices, usage
from budgets.services.caps import set_caps
from config.demo import spending
from config.demo.caps import CAPS
from config.demo.fleet import FLEET, DemoAgent
from config.demo.people import MANAGER, ORGANIZATION, PEOPLE, PODS, SLUG, TIME_ZONE
from config.demo.tasks import TASKS, DemoTask
from config.demo.workstreams import WORKSTREAMS, DemoWorkstream
from config.sign_ins import FILE as SIGN_INS
from config.sign_ins import as_text, new_password, write_private
from scheduling.models import WorkSchedule
from scheduling.rules.hours import interval_at
from scheduling.services import clock, clock_sweep, schedules, work
from workforce.choices import ActorKind, LifecycleState
from workforce.models import Agent, ApiKey, Organization, Task, Team, User
from workforce.rules import lifecycle as lifecycle_rules
from workforce.rules.actors import Actor, system
from workforce.selectors.standing import actor_of_user
from workforce.services import (
    accounts,
    agents,
    assignments,
    holds,
    keys,
    leases,
    lifecycle,
    people,
    tasks,
    teams,
    workstreams,
)

KEYS = "demo-keys.json"
KEY_NAME = "Demo runtime"
DEMO = system("demo")
#: How long keys whose file was lost go on, in case another machine still holds them.
_OVERLAP = timedelta(days=1)
S = LifecycleState
#: How a newly ready agent gets into trouble: every step is a legal move of a person. It does not go home at the end of
#: the shift: these are reached off duty too. Other states follow from hours and work.
_ROUTES: Mapping[LifecycleState, tuple[LifecycleState, ...]] = {
    S.BLOCKED: (S.ASSIGNED, S.BLOCKED),
    S.DEGRADED: (S.DEGRADED,),
    S.ESCALATED: (S.ASSIGNED, S.BLOCKED, S.ESCALATED),
    S.RETIRED: (S.RETIRED,),
}


@dataclass
class _Cast:
    """Who exists already, by name."""

    organization: Organization
    users: dict[str, User] = field(default_factory=dict)
    pods: dict[str, Team] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)

    @property
    def manager(self) -> Actor:
        return actor_of_user(self.users[MANAGER.name])

    def who(self, name: str) -> User | Agent:
        return self.users.get(name) or self.agents[name]

    def actor(self, name: str) -> Actor:
        if name in self.users:
            return actor_of_user(self.users[name])
        agent = self.agents[name]
        return Actor(kind=ActorKind.AGENT, id=str(agent.pk), label=agent.agent_name, agent_id=agent.pk)


def is_seeded() -> bool:
    return Organization.objects.filter(slug=SLUG).exists()


def seed(*, state_dir: Path, now: datetime) -> str:
    """Make the demo and keep its sign-ins and keys in ``state_dir``; returns the sign-ins as text.

    One transaction, and the files are whole before it ends: after an interruption there is either nothing, or all.
    Raises OSError where the files cannot be written.
    """
    with transaction.atomic():
        organization = people.create_organization(name=ORGANIZATION, slug=SLUG, time_zone=TIME_ZONE, by=DEMO, now=now)
        cast = _Cast(organization)
        sign_ins = _hire_people(cast, now)
        _open_pods(cast, now)
        for described in FLEET:
            _hire(cast, described, now)
        for name, caps in CAPS.items():
            set_caps(organization=organization, agent_id=cast.agents[name].pk, caps=caps, by=cast.manager, now=now)
        _name_leading_agents(cast, now)
        given = _give_out_work(cast, now)
        _spend(cast, now)
        for workstream in WORKSTREAMS:
            _open_workstream(cast, workstream, given, now)
        issued = {agent: _new_key(organization, agent, by=cast.manager, now=now) for agent in _with_runtime(cast)}
        write_private(state_dir / KEYS, _keys_as_json(issued))
        write_private(state_dir / SIGN_INS, sign_ins)
    clock_sweep.sweep(now=now)
    return sign_ins


def renew_keys(*, state_dir: Path, now: datetime) -> int:
    """Issue the demo's runtimes new keys where their file is gone; the old ones end a day later. Returns how many.

    Only agents that still hold a demo key get one: a demo that became a real company is left alone.
    """
    organization = Organization.objects.filter(slug=SLUG).first()
    if organization is None or (state_dir / KEYS).exists():
        return 0
    with transaction.atomic():
        held = ApiKey.objects.filter(
            organization=organization,
            name=KEY_NAME,
            agent__isnull=False,
            revoked_at__isnull=True,
            expires_at__isnull=True,
        ).select_related("organization", "agent")
        renewed: dict[Agent, str] = {}
        for key in held:
            if key.agent is not None and key.agent.state not in lifecycle_rules.GONE and key.agent not in renewed:
                renewed[key.agent] = keys.rotate(key=key, overlap=_OVERLAP, by=DEMO, now=now)[1]
        if renewed:
            write_private(state_dir / KEYS, _keys_as_json(renewed))
    return len(renewed)


def _hire_people(cast: _Cast, now: datetime) -> str:
    rows = []
    for person in PEOPLE:
        membership = people.add_member(
            organization=cast.organization, email=person.email, name=person.name, role=person.role, by=DEMO, now=now
        )
        password = new_password()
        user = accounts.set_password(user=membership.user, password=password, by=DEMO, now=now)
        if person.opens_admin:
            user = accounts.set_access(user=user, is_active=True, is_staff=True, by=DEMO, now=now)
        cast.users[person.name] = user
        rows.append((f"{person.name}, {person.what}", person.email, password))
    return as_text(f"Sign-ins of the demo company {ORGANIZATION}:", rows)


def _open_pods(cast: _Cast, now: datetime) -> None:
    for name, lead in PODS.items():
        cast.pods[name] = teams.create(
            organization=cast.organization, name=name, lead=cast.users.get(lead), by=cast.manager, now=now
        )


def _name_leading_agents(cast: _Cast, now: datetime) -> None:
    for name, lead in PODS.items():
        if lead in cast.agents:
            teams.edit(team=cast.pods[name], name=name, lead=cast.agents[lead], by=cast.manager, now=now)


def _hire(cast: _Cast, described: DemoAgent, now: datetime) -> None:
    organization, by = cast.organization, cast.manager
    agent = agents.create(
        organization=organization,
        agent_name=described.name,
        agent_type=described.type.value,
        capability_tags=list(described.tags),
        model_profile=described.profile,
        owner=cast.who(described.owner),
        secondary_owner=cast.who(described.second) if described.second else None,
        team=cast.pods[described.pod],
        priority_tier=described.tier.value,
        risk_level=described.risk.value,
        cost_budget_daily=described.cost_budget_daily,
        tools=dict(described.tools),
        notes=described.notes,
        by=by,
        now=now,
    )
    cast.agents[described.name] = agent
    if described.state != S.REGISTERED:
        lifecycle.transition(organization=organization, agent_id=agent.pk, to=S.READY.value, by=by, now=now)
    if described.hours is not None:
        data = described.hours(now) if callable(described.hours) else described.hours
        schedules.create(organization=organization, agent_id=agent.pk, data=data, by=by, now=now)
        _clock_in_by_hand(cast, agent, data, now)
    _take_to(cast, agent, described, now)
    if described.hold is not None:
        holds.place(
            organization=organization, agent_id=agent.pk, kind=described.hold, reason=described.why, by=by, now=now
        )


def _clock_in_by_hand(cast: _Cast, agent: Agent, data: Mapping[str, object], now: datetime) -> None:
    """Who is not woken and is within its hours has been clocked in by its owner."""
    if data.get("auto_wake", True) or not _within_hours(agent, now):
        return
    clock.clock_in(organization=cast.organization, agent_id=agent.pk, by=cast.manager, now=now, reason="First shift.")


def _within_hours(agent: Agent, now: datetime) -> bool:
    schedule = WorkSchedule.objects.with_hours().get(agent=agent)
    return interval_at(schedule.hours(), now) is not None


def _take_to(cast: _Cast, agent: Agent, described: DemoAgent, now: datetime) -> None:
    fresh = Agent.objects.get(pk=agent.pk)
    if fresh.state != S.READY:
        return
    for step in _ROUTES.get(described.state, ()):
        reason = described.why if lifecycle_rules.needs_reason(step) or step == S.DEGRADED else ""
        lifecycle.transition(
            organization=cast.organization, agent_id=agent.pk, to=step.value, reason=reason, by=cast.manager, now=now
        )


def _give_out_work(cast: _Cast, now: datetime) -> dict[str, Task]:
    """The tasks, by their titles."""
    given: dict[str, Task] = {}
    for described in TASKS:
        task = tasks.create(
            organization=cast.organization,
            data=_task_data(cast, described, given, now),
            by=cast.actor(described.by),
            now=now,
        )
        given[described.title] = task
        if described.cancelled:
            tasks.cancel(
                organization=cast.organization,
                task_id=task.pk,
                reason=described.cancelled,
                by=cast.actor(described.by),
                now=now,
            )
        if described.missing:
            _begin_and_block(cast, described, now)
    return given


def _task_data(cast: _Cast, described: DemoTask, given: Mapping[str, Task], now: datetime) -> dict[str, Any]:
    return {
        "agent_id": cast.agents[described.agent].pk,
        "title": described.title,
        "description": described.job,
        "priority": described.priority.value,
        "type": described.type.value,
        "urgent": described.urgent,
        "due_at": described.due and now + described.due,
        "scheduled_at": described.starts and now + described.starts,
        "continues": given[described.continues].pk if described.continues else None,
        "needs": [given[title].pk for title in described.needs],
    }


def _begin_and_block(cast: _Cast, described: DemoTask, now: datetime) -> None:
    """As its runtime would: the agent has no hours and nothing else in its queue, so it gets this task."""
    agent, asked = cast.agents[described.agent], cast.users[described.asked]
    by = cast.actor(described.agent)
    task = work.claim(organization=cast.organization, agent_id=agent.pk, by=by, now=now).task
    if task is None:
        raise RuntimeError(f"{described.agent} could not begin “{described.title}”.")
    leases.block(
        organization=cast.organization,
        task_id=task.pk,
        token=task.lease_token,
        code=described.code.value,
        note=described.missing,
        unblock_user=asked.pk,
        by=by,
        now=now,
    )


def _spend(cast: _Cast, now: datetime) -> None:
    """Prices, a balance, and a week of seeded usage, on the calendar of each agent's own windows."""
    here: dict[str, Any] = {"organization": cast.organization, "by": cast.manager, "now": now}
    policy.set_policy(**here, data={"currency": spending.CURRENCY})
    prices.seed_examples(**here)
    prices.add(**here, data={**spending.PRICE, "valid_from": now - spending.PRICED_FOR})
    credits.top_up(**here, amount=spending.TOP_UP, reason=spending.TOP_UP_REASON)
    zones = dict(Caps.objects.filter(agent__organization=cast.organization).values_list("agent", "time_zone"))
    used: list[Entry] = []
    for name in spending.TODAY:
        agent_id = cast.agents[name].pk
        today, _ = window_at(CapWindow.DAILY, zones[agent_id] or TIME_ZONE, now)
        used += spending.entries(name, agent_id, today=today, now=now)
    usage.record(organization=cast.organization, entries=used, by=DEMO, now=now)


def _open_workstream(cast: _Cast, described: DemoWorkstream, given: Mapping[str, Task], now: datetime) -> None:
    data: dict[str, Any] = {"name": described.name, "description": described.description}
    if described.dri:
        dri = cast.who(described.dri)
        data["dri_user" if isinstance(dri, User) else "dri_agent"] = dri.pk
    at: dict[str, Any] = {"organization": cast.organization, "by": cast.manager, "now": now}
    workstream = workstreams.create(**at, data=data)
    for part in described.parts:
        assignment = assignments.create(
            **at,
            data={
                "agent_id": cast.agents[part.agent].pk,
                "workstream_id": workstream.pk,
                "task_id": given[part.task].pk if part.task else None,
                "role": part.role.value,
                "due_at": part.due and now + part.due,
                "percent_complete": part.percent,
            },
        )
        if part.to:
            assignments.hand_off(**at, assignment_id=assignment.pk, agent_id=cast.agents[part.to].pk, reason=part.why)


def _with_runtime(cast: _Cast) -> list[Agent]:
    return [
        agent
        for agent in Agent.objects.of(cast.organization).order_by("agent_name")
        if agent.state not in lifecycle_rules.GONE
    ]


def _new_key(organization: Organization, agent: Agent, *, by: Actor, now: datetime) -> str:
    return keys.issue(organization=organization, agent=agent, name=KEY_NAME, by=by, now=now)[1]


def _keys_as_json(issued: Mapping[Agent, str]) -> str:
    rows = [{"agent_id": str(agent.pk), "agent_name": agent.agent_name, "key": key} for agent, key in issued.items()]
    return json.dumps({"organization": ORGANIZATION, "agents": rows}, indent=1) + "\n"
