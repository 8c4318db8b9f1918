"""Hiring: every fault at once, nothing half written, and who may (R1, R2, P3)."""

from decimal import Decimal

import pytest

from tests.factories import AgentFactory, MembershipFactory, TeamFactory, UserFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from workforce.choices import KeyScope, Role
from workforce.models import Agent, AuditEvent, Presence
from workforce.rules.refusals import Forbidden, Invalid
from workforce.services import agents

pytestmark = pytest.mark.django_db
REQUIRED = [
    "agent_name",
    "agent_type",
    "capability_tags",
    "model_profile",
    "owner",
    "team",
    "priority_tier",
    "risk_level",
]


@pytest.fixture
def fields(pod, olga):
    return {
        "agent_name": "research-01",
        "agent_type": "specialist",
        "capability_tags": ["web_research", "qa"],
        "model_profile": "sonnet-balanced",
        "owner": olga,
        "team": pod,
        "priority_tier": "P1",
        "risk_level": "low",
    }


def faults(organization, by, now, **fields):
    """Paths of the refusal; nothing was written."""
    before = (Agent.objects.count(), AuditEvent.objects.count(), Presence.objects.count())
    with pytest.raises(Invalid) as refused:
        agents.create(organization=organization, by=by, now=now, **fields)
    assert (Agent.objects.count(), AuditEvent.objects.count(), Presence.objects.count()) == before
    assert all(sentence.endswith(".") for _, sentence in refused.value.fields)
    return [path for path, _ in refused.value.fields]


def test_a_new_agent_is_registered_and_unscheduled(organization, fields, alice, olga, pod, now):
    made = agents.create(
        organization=organization,
        by=person(alice),
        now=now,
        **fields,
        secondary_owner=alice,
        cost_budget_daily=Decimal("12.5"),
        avatar="🤖",
        notes="  Reads the web.  ",
        tools={"shell": "always_ask"},
    )
    made.refresh_from_db()
    assert (made.current_state, made.clock_status) == ("registered", "no_schedule")
    assert (made.owner, made.secondary_owner, made.team) == (olga, alice, pod)
    assert (made.cost_budget_daily, made.avatar, made.notes) == (Decimal("12.50"), "🤖", "Reads the web.")
    assert (made.created_at, made.updated_at, made.last_seen_at) == (now, now, None)
    (event,) = audited(made)
    assert event.after["owner"] == f"user:{olga.pk}"
    assert event.after["cost_budget_daily"] == "12.50"
    assert event.after["capability_tags"] == ["web_research", "qa"]


def test_ids_sort_by_the_time_they_were_made(organization, fields, alice, now):
    made = [
        agents.create(organization=organization, by=person(alice), now=now, **fields | {"agent_name": f"a{number}"})
        for number in range(5)
    ]
    assert [agent.pk for agent in made] == sorted(agent.pk for agent in made)
    assert {agent.pk.version for agent in made} == {7}


def test_an_agent_may_own_an_agent(organization, fields, agent, alice, now):
    made = agents.create(organization=organization, by=person(alice), now=now, **fields | {"owner": agent})
    assert (made.owner, made.owner_user) == (agent, None)
    assert audited(made)[0].after["owner"] == f"agent:{agent.pk}"


@pytest.mark.parametrize("name", REQUIRED)
def test_each_mandatory_field_is_missed(organization, fields, alice, now, name):
    without = {other: value for other, value in fields.items() if other != name}
    assert faults(organization, person(alice), now, **without) == [name]
    assert faults(organization, person(alice), now, **without, **{name: None}) == [name]


def test_everything_missing_is_told_at_once(organization, alice, now):
    assert faults(organization, person(alice), now) == REQUIRED


WRONG = {
    "agent_name": ["", "   ", "x" * 81, "a\x00b", 5],
    "agent_type": ["", "robot", "Main", 5, ["main"]],
    "capability_tags": [
        [],
        "web_research",
        ["a", "a"],
        [""],
        [" "],
        ["x" * 41],
        ["a,b"],
        ["a\x00"],
        [5],
        [f"t{n}" for n in range(31)],
        {"a": 1},
    ],
    "model_profile": ["", " ", "x" * 81, "a\x00b"],
    "priority_tier": ["", "P3", "p0", 0],
    "risk_level": ["", "none", True],
    "cost_budget_daily": [
        Decimal("-0.01"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal(10**10),
        Decimal("9999999999.999"),
        Decimal("0.001"),
        "5",
        5.0,
        True,
    ],
    "avatar": ["x" * 9, "a\x00", 5, None],
    "notes": ["x" * 4001, "a\x00b", 5],
    "tools": [
        [],
        "shell",
        {"shell": "maybe"},
        {"": "enabled"},
        {"x" * 81: "enabled"},
        {"a\x00": "enabled"},
        {1: "enabled"},
    ],
    "team": ["Support", 5],
    "owner": ["Olga", 5],
    "secondary_owner": ["Olga", 5],
    "current_state": ["ready"],
    "agent_id": ["x"],
    "organization": [],
    "salary": [1],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in WRONG.items() for value in values],
    ids=lambda value: ascii(value)[:24],
)
def test_a_wrong_value_is_named(organization, fields, alice, now, name, value):
    assert faults(organization, person(alice), now, **fields | {name: value}) == [name]


def test_values_at_the_limits_are_taken(organization, fields, alice, now):
    made = agents.create(
        organization=organization,
        by=person(alice),
        now=now,
        **fields
        | {
            "agent_name": "ü" * 80,
            "model_profile": "x" * 80,
            "capability_tags": [f"{n:02}" + "t" * 38 for n in range(30)],
            "cost_budget_daily": Decimal("9999999999.99"),
            "avatar": "x" * 8,
            "notes": "x" * 4000,
            "tools": {"x" * 80: "disabled"},
        },
    )
    made.refresh_from_db()
    assert made.cost_budget_daily == Decimal("9999999999.99")


def test_several_faults_are_told_at_once(organization, fields, alice, now):
    told = faults(
        organization, person(alice), now, **fields | {"agent_name": "", "risk_level": "x", "owner": None, "bonus": 1}
    )
    assert sorted(told) == ["agent_name", "bonus", "owner", "risk_level"]


def test_a_name_is_given_once_in_an_organisation(organization, other_organization, fields, alice, charlie, now):
    AgentFactory(organization=organization, agent_name="research-01")
    assert faults(organization, person(alice), now, **fields) == ["agent_name"]
    assert faults(organization, person(alice), now, **fields | {"agent_name": " research-01 "}) == ["agent_name"]
    twin = fields | {"owner": charlie, "team": TeamFactory(organization=other_organization)}
    agents.create(organization=other_organization, by=person(charlie), now=now, **twin)


def test_owners_and_pods_of_other_organisations_are_not_there(
    organization, other_organization, fields, alice, charlie, now
):
    stranger = AgentFactory(organization=other_organization)
    for wrong in (
        {"owner": charlie},
        {"owner": stranger},
        {"secondary_owner": charlie},
        {"secondary_owner": stranger},
        {"team": TeamFactory(organization=other_organization)},
    ):
        assert faults(organization, person(alice), now, **fields | wrong) == list(wrong)


def test_who_left_or_is_not_active_cannot_own(organization, fields, alice, now):
    left = MembershipFactory(organization=organization, user=UserFactory(), role=Role.LEAD)
    user = left.user
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert faults(organization, person(alice), now, **fields | {"owner": user}) == ["owner"]
    user.is_active = True
    user.save(update_fields=["is_active"])
    left.delete()
    assert faults(organization, person(alice), now, **fields | {"owner": user}) == ["owner"]


@pytest.mark.parametrize("gone", ["retired", "archived"])
def test_an_agent_that_left_cannot_own(organization, pod, olga, fields, alice, now, gone):
    old = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state=gone)
    assert faults(organization, person(alice), now, **fields | {"owner": old}) == ["owner"]


def test_who_may_hire(organization, fields, alice, hugo, lee, now):
    """Onboarding: managers and HR anywhere, a lead in the lead's own pod (001 §3)."""
    for number, by in enumerate((person(alice), person(hugo), person(lee), key(KeyScope.ROSTER), SYSTEM)):
        agents.create(organization=organization, by=by, now=now, **fields | {"agent_name": f"by-{number}"})
    other_pod = TeamFactory(organization=organization)
    with pytest.raises(Forbidden):
        agents.create(organization=organization, by=person(lee), now=now, **fields | {"team": other_pod})
    with pytest.raises(Forbidden):
        agents.create(organization=organization, by=person(lee), now=now, **fields | {"team": None})


def test_who_may_not_hire(organization, fields, agent, olga, vera, charlie, now):
    everything_else = key(*(scope for scope in KeyScope if scope is not KeyScope.ROSTER))
    for by in (person(olga), person(vera), person(charlie), itself(agent), everything_else):
        with pytest.raises(Forbidden):
            agents.create(organization=organization, by=by, now=now, **fields)
    assert Agent.objects.count() == 1


def test_a_lead_elsewhere_is_none_here(organization, other_organization, fields, lee, now):
    """The pod of the other organisation does not count, even when it is named."""
    theirs = TeamFactory(organization=other_organization, lead_user=lee)
    with pytest.raises(Forbidden):
        agents.create(organization=organization, by=person(lee), now=now, **fields | {"team": theirs})
