"""People, an agent and the system move one agent and hold it in any order: only legal edges, one audit row per change,
each row's before is the row before's after, and ``paused`` exactly when something holds it and its state allows."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, itself, person
from tests.workforce.test_rules_lifecycle import REASONED, SPEC, STATES
from workforce.choices import HoldKind
from workforce.models import Agent
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Refusal
from workforce.services import holds, lifecycle

#: Off-hours holds are the clock's; these anyone may place by hand or the system for its own reasons.
KINDS = [HoldKind.MANUAL, HoldKind.BUDGET, HoldKind.INCIDENT]
MARKS = {"person": "", "agent": "a", "system": "s"}


class Lifecycle(RuleBasedStateMachine):
    """The model is three facts: the state, the active holds, and how many audit rows there should be."""

    cast: dict = {}

    def __init__(self):
        super().__init__()
        self.now = self.cast["now"]
        self.agent = AgentFactory(
            organization=self.cast["organization"],
            team=self.cast["pod"],
            owner_user=self.cast["olga"],
            current_state="registered",
        )
        self.actors = {"person": person(self.cast["alice"]), "agent": itself(self.agent), "system": SYSTEM}
        self.state, self.held, self.rows = "registered", set(), []

    def tick(self):
        self.now += timedelta(seconds=1)
        return {"organization": self.agent.organization_id, "agent_id": self.agent.pk, "now": self.now}

    def changed(self, *targets):
        for target in targets:
            self.rows.append((self.state, target))
            self.state = target

    @rule(to=st.sampled_from(STATES), who=st.sampled_from(list(MARKS)), reason=st.sampled_from(["", "because"]))
    def move(self, to, who, reason):
        legal, others = to in SPEC[self.state], self.held - {HoldKind.MANUAL}
        wanted = None
        if not legal:
            wanted = Conflict
        elif MARKS[who] not in SPEC[self.state][to]:
            wanted = Forbidden
        elif to in REASONED and not reason:
            wanted = Invalid
        elif self.state == "paused" and to == "ready" and others:
            wanted = Conflict
        try:
            lifecycle.transition(to=to, by=self.actors[who], reason=reason, **self.tick())
        except Refusal as refusal:
            assert wanted is type(refusal), f"{self.state} -> {to} by {who}: {refusal!r}"
            return
        assert wanted is None, f"{self.state} -> {to} by {who} was let through"
        if to == "paused":
            self.held.add(HoldKind.MANUAL)
        elif to == "retired" or self.state == "paused":
            self.held.clear()
        self.changed(to)
        if to == "ready" and self.held:
            self.changed("paused")

    @rule(kind=st.sampled_from(KINDS), who=st.sampled_from(list(MARKS)))
    def place(self, kind, who):
        wanted = None
        if who == "agent":
            wanted = Forbidden
        elif self.state in ("retired", "archived") or kind in self.held:
            wanted = Conflict
        try:
            holds.place(kind=kind, reason="because", by=self.actors[who], **self.tick())
        except Refusal as refusal:
            assert wanted is type(refusal)
            return
        assert wanted is None
        self.held.add(kind)
        if "paused" in SPEC[self.state]:
            self.changed("paused")

    @rule(kind=st.sampled_from(KINDS), who=st.sampled_from(list(MARKS)))
    def release(self, kind, who):
        wanted = Forbidden if who == "agent" else None if kind in self.held else Conflict
        try:
            holds.release(kind=kind, by=self.actors[who], **self.tick())
        except Refusal as refusal:
            assert wanted is type(refusal)
            return
        assert wanted is None
        self.held.discard(kind)
        if self.state == "paused" and not self.held:
            self.changed("ready")

    @invariant()
    def the_row_is_as_the_model_says(self):
        assert Agent.objects.values_list("current_state", flat=True).get(pk=self.agent.pk) == self.state
        active = set(self.agent.holds.active().values_list("kind", flat=True))
        assert active == {kind.value for kind in self.held}
        assert (self.state == "paused") == bool(active and (self.state == "paused" or "paused" in SPEC[self.state]))

    @invariant()
    def the_audit_has_one_row_per_change_in_one_unbroken_line(self):
        moves = [e for e in audited(self.agent) if e.action.startswith("agent.")]
        told = [(e.before["current_state"], e.after["current_state"]) for e in moves]
        assert told == self.rows
        assert all(target in SPEC[source] for source, target in told)
        assert all(one[1] == following[0] for one, following in zip(told, told[1:], strict=False))


@pytest.mark.django_db
def test_any_order_of_moves_and_holds(organization, pod, olga, alice, now):
    Lifecycle.cast = {"organization": organization, "pod": pod, "olga": olga, "alice": alice, "now": now}
    run_state_machine_as_test(
        Lifecycle,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
