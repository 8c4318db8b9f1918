"""Importing agents: looked at first, all or none, in a fixed number of queries, never twice (spec R9)."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory, MembershipFactory, OrganizationFactory, TeamFactory, UserFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.races import at_once
from workforce.choices import KeyScope, Role
from workforce.models import Agent, AuditEvent, Organization, Presence
from workforce.rules.csv_cells import neutral
from workforce.rules.refusals import Forbidden, Invalid
from workforce.rules.roster_csv import COLUMNS
from workforce.selectors.hiring import roster_lines
from workforce.services import roster_import

pytestmark = pytest.mark.django_db


def line(name: str = "a-1", **cells: str) -> str:
    given = {
        "agent_name": name,
        "agent_type": "main",
        "capability_tags": "web",
        "model_profile": "sonnet",
        "owner": "olga@example.com",
        "team": "Support",
        "priority_tier": "P1",
        "risk_level": "low",
    } | cells
    return ",".join(given.get(column, "") for column in COLUMNS)


def sheet(*lines: str) -> str:
    return "\n".join((",".join(COLUMNS), *lines))


@pytest.fixture
def faults(organization, pod, olga, alice, now):
    """Of an import by Alice: (line, field, sentence). Dry run and import say the same, and neither writes."""

    def of(*lines: str, by: Any = None) -> list[tuple[int, str, str]]:
        before = (Agent.objects.count(), AuditEvent.objects.count(), Presence.objects.count())
        who = {"organization": organization, "text": sheet(*lines), "by": by or person(alice)}
        found = roster_import.preview(**who)
        with pytest.raises(Invalid) as refused:
            roster_import.run(**who, now=now)
        assert (Agent.objects.count(), AuditEvent.objects.count(), Presence.objects.count()) == before
        assert not found.importable
        assert refused.value.fields == [
            (f"lines.{fault.line}.{fault.field}".rstrip("."), fault.sentence) for fault in found.faults
        ]
        return [(fault.line, fault.field, fault.sentence) for fault in found.faults]

    return of


@pytest.fixture
def load(organization, pod, olga, alice, now):
    def run(*lines: str, by: Any = None) -> list[Agent]:
        return roster_import.run(organization=organization, text=sheet(*lines), by=by or person(alice), now=now)

    return run


def test_every_column_arrives(load, olga, alice, pod, now):
    (made,) = load(
        line(
            capability_tags="web research; qa",
            secondary_owner="ALICE@example.com",
            cost_budget_daily="12.5",
            avatar="🤖",
            tools="shell: always_ask",
            notes="Reads.",
        )
    )
    made = Agent.objects.get(pk=made.pk)
    assert (made.current_state, made.clock_status, made.team) == ("registered", "no_schedule", pod)
    assert (made.owner, made.secondary_owner) == (olga, alice)
    assert (made.agent_name, made.agent_type, made.model_profile) == ("a-1", "main", "sonnet")
    assert (made.capability_tags, made.tools) == (["web research", "qa"], {"shell": "always_ask"})
    assert (made.priority_tier, made.risk_level, str(made.cost_budget_daily)) == ("P1", "low", "12.50")
    assert (made.avatar, made.notes, made.created_at, made.last_seen_at) == ("🤖", "Reads.", now, None)
    (event,) = audited(made)
    assert (event.action, event.reason) == ("agent.created", "Imported from a file.")
    assert event.after["owner"] == f"user:{olga.pk}"
    assert Presence.objects.filter(agent=made).exists()


def test_an_imported_agent_is_told_in_the_audit_as_a_hired_one(load, organization, olga, pod, alice, now):
    """Field by field the same facts: one is compared with the other."""
    from workforce.services import agents

    (made,) = load(line())
    hired = agents.create(
        organization=organization, by=person(alice), now=now, agent_name="a-2", agent_type="main",
        capability_tags=["web"], model_profile="sonnet", owner=olga, team=pod, priority_tier="P1", risk_level="low",
    )  # fmt: skip
    facts = [{k: v for k, v in audited(one)[0].after.items() if k != "agent_name"} for one in (made, hired)]
    assert facts[0] == facts[1]


def test_owners_may_be_in_the_same_file_before_or_after(load, agent):
    made = {
        one.agent_name: one
        for one in load(
            line("worker", owner="boss", secondary_owner="second"),
            line("boss", owner=agent.agent_name),
            line("second", owner="boss", secondary_owner="worker"),
        )
    }
    owners = dict(Agent.objects.filter(owner_agent__isnull=False).values_list("agent_name", "owner_agent__agent_name"))
    assert owners == {"worker": "boss", "boss": agent.agent_name, "second": "boss"}
    assert Agent.objects.get(agent_name="worker").secondary_owner == made["second"]


WRONG = [
    ("agent_name", "", "This field is needed."),
    ("agent_name", "x" * 81, "Use at most 80 characters; this has 81."),
    ("agent_name", "taken", "There is already an agent called taken."),
    ("agent_type", "robot", "Choose one of: main, subagent, specialist, watcher."),
    ("capability_tags", "", "This field is needed."),
    ("capability_tags", ";;", "This field is needed."),
    ("capability_tags", "a a", "Each tag once."),
    ("capability_tags", "x" * 41, "Each tag is 1 to 40 characters without a comma."),
    ("capability_tags", " ".join(f"t{n}" for n in range(31)), "Use at most 30 tags."),
    ("model_profile", "", "This field is needed."),
    ("model_profile", "x" * 81, "Use at most 80 characters; this has 81."),
    ("owner", "", "This field is needed."),
    ("owner", "nobody@example.com", "There is no such person or agent in this organisation."),
    ("owner", "charlie@example.com", "There is no such person or agent in this organisation."),
    ("owner", "foreign-01", "There is no such person or agent in this organisation."),
    ("owner", "left-01", "left-01 is retired and cannot own an agent."),
    ("owner", "a-1", "An agent cannot own itself."),
    ("secondary_owner", "nobody", "There is no such person or agent in this organisation."),
    ("secondary_owner", "a-1", "An agent cannot own itself."),
    ("team", "", "This field is needed."),
    ("team", "Nowhere", "There is no such pod in this organisation."),
    ("team", "Theirs", "There is no such pod in this organisation."),
    ("priority_tier", "P3", "Choose one of: P0, P1, P2."),
    ("risk_level", "none", "Choose one of: low, medium, high."),
    ("cost_budget_daily", "-1", "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", "1.005", "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", "a lot", "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", "NaN", "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("avatar", "x" * 9, "Use at most 8 characters; this has 9."),
    ("tools", "shell: maybe", "Give tool names with one of: enabled, always_ask, disabled."),
    ("tools", "shell", "Give tool names with one of: enabled, always_ask, disabled."),
    ("tools", "{", "Give tool names with one of: enabled, always_ask, disabled."),
    ("tools", "[1]", "Give tool names with one of: enabled, always_ask, disabled."),
    ("notes", "x" * 4001, "Use at most 4000 characters; this has 4001."),
]


@pytest.mark.parametrize(
    ("field", "cell", "sentence"), WRONG, ids=[f"{field}-{n}" for n, (field, _, _) in enumerate(WRONG)]
)
def test_a_wrong_cell_is_named(faults, organization, other_organization, charlie, pod, field, cell, sentence):
    AgentFactory(organization=organization, team=pod, agent_name="taken")
    AgentFactory(organization=organization, team=pod, agent_name="left-01", current_state="retired")
    AgentFactory(organization=other_organization, agent_name="foreign-01")
    TeamFactory(organization=other_organization, name="Theirs")
    assert faults(line("good"), line(**{"name": "a-1", field: cell})) == [(3, field, sentence)]


def test_every_bad_line_is_named_with_all_that_is_wrong(faults):
    found = faults(line("a", agent_type="x", team="y"), line("b"), line("c", owner="z"), "")
    assert [(line, field) for line, field, _ in found] == [(2, "agent_type"), (2, "team"), (4, "owner")]


def test_a_name_twice_in_the_file(faults):
    assert faults(line("a"), line("b"), line("a")) == [(4, "agent_name", "Line 2 is called a too.")]


def test_a_circle_of_owners_is_refused_wherever_one_looks(faults):
    found = faults(line("a", owner="b"), line("b", owner="c"), line("c", owner="a"), line("d", owner="a"))
    assert found == [
        (2, "owner", "b is owned by a, directly or through others."),
        (3, "owner", "c is owned by b, directly or through others."),
        (4, "owner", "a is owned by c, directly or through others."),
    ]


def test_a_person_who_left_is_nobody(faults, organization):
    left = MembershipFactory(organization=organization, user=UserFactory(email="left@example.com")).user
    left.is_active = False
    left.save(update_fields=["is_active"])
    assert [field for _, field, _ in faults(line(owner="left@example.com"))] == ["owner"]


def test_a_preview_counts_what_is_good(organization, pod, olga, alice):
    text = sheet(line("a"), line("b", team="x"), line("c"))
    found = roster_import.preview(organization=organization, text=text, by=person(alice))
    assert (found.rows, found.good, found.importable) == (3, 2, False)
    found = roster_import.preview(organization=organization, text=sheet(line("a")), by=person(alice))
    assert (found.rows, found.good, found.importable, list(found.faults)) == (1, 1, True, [])
    found = roster_import.preview(organization=organization, text="", by=person(alice))
    assert (found.good, found.importable) == (0, False)


def test_a_lead_hires_into_the_lead_s_own_pods(faults, load, organization, lee):
    TeamFactory(organization=organization, name="Growth")
    assert faults(line("a"), line("b", team="Growth"), by=person(lee)) == [
        (3, "team", "You may hire only into the pods you lead.")
    ]
    assert len(load(line("a"), by=person(lee))) == 1


def test_who_may_import(load, agent, hugo, olga, vera, charlie, organization):
    for number, by in enumerate((person(hugo), key(KeyScope.ROSTER), SYSTEM)):
        load(line(f"by-{number}"), by=by)
    leads_nothing = MembershipFactory(organization=organization, user=UserFactory(), role=Role.LEAD).user
    others = key(*(scope for scope in KeyScope if scope is not KeyScope.ROSTER))
    for by in (person(olga), person(vera), person(charlie), person(leads_nothing), itself(agent), others):
        with pytest.raises(Forbidden):
            load(line("no"), by=by)
        with pytest.raises(Forbidden):
            roster_import.preview(organization=organization, text=sheet(line("no")), by=by)
    assert Agent.objects.count() == 4


def questions(run: Any) -> int:
    """Queries but for the INSERTs, of which SQLite takes one for some dozens of rows."""
    with CaptureQueriesContext(connection) as asked:
        run()
    inserts = [query for query in asked if query["sql"].startswith("INSERT")]
    assert len(inserts) <= 3 * 400 // 20
    return len(asked) - len(inserts)


def test_many_take_no_more_queries_than_few(load):
    """Owners within the file and outside it."""

    def many(prefix: str, count: int) -> list[str]:
        return [line(f"{prefix}-{n}", owner=f"{prefix}-{n - 1}" if n % 2 else "olga@example.com") for n in range(count)]

    few = questions(lambda: load(*many("a", 21)))
    assert questions(lambda: load(*many("b", 400))) == few <= 12


def test_thousands_in_one_go(load):
    assert len(load(*(line(f"n-{n}") for n in range(3_000)))) == 3_000
    assert Presence.objects.count() == Agent.objects.count() == 3_000
    assert AuditEvent.objects.filter(action="agent.created").count() == 3_000


NASTY = [
    {"agent_name": "=HYPERLINK(1)", "notes": "'=already", "capability_tags": ["web research"]},
    {"agent_name": "'=x", "notes": 'a "quote", a comma;\nand a line', "capability_tags": ["=a", "b c"]},
    {"agent_name": "-1", "model_profile": "+m", "capability_tags": ["a;b"], "avatar": "@x"},
    {"agent_name": "plain", "tools": {"sh; rm": "always_ask", "web": "enabled"}, "capability_tags": ["a", "b"]},
]


def test_what_is_exported_is_taken_back(organization, pod, olga, alice, now):
    """All but the moments and the ids: into another organisation with the same people and pods."""
    for number, odd in enumerate(NASTY):
        owner = {"owner_user": olga} if number % 2 else {"owner_user": None, "owner_agent": Agent.objects.last()}
        owner = {"owner_user": olga} if owner.get("owner_agent", 1) is None else owner
        AgentFactory(
            organization=organization, team=pod, secondary_owner_user=alice, cost_budget_daily=number, **owner | odd
        )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([neutral(cell) for cell in cells] for cells in roster_lines(Agent.objects.of(organization)))
    twin = OrganizationFactory(name="Twin", slug="twin")
    TeamFactory(organization=twin, name=pod.name)
    for user in (olga, alice):
        MembershipFactory(organization=twin, user=user)
    roster_import.run(organization=twin, text=out.getvalue(), by=SYSTEM, now=now)

    def record(agent: Agent) -> dict[str, Any]:
        facts = {name: getattr(agent, name) for name in COLUMNS}
        return facts | {
            "owner": str(agent.owner),
            "secondary_owner": str(agent.secondary_owner),
            "team": agent.team.name,
        }

    def all_of(where: Organization) -> list[dict[str, Any]]:
        return [record(agent) for agent in Agent.objects.of(where).order_by("agent_name")]

    assert all_of(twin) == all_of(organization)
    assert len(all_of(twin)) == len(NASTY)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_hire_once(organization, pod, olga, alice, now):
    text = sheet(*(line(f"n-{n}") for n in range(40)))

    def run() -> Any:
        return roster_import.run(organization=organization, text=text, by=person(alice), now=now)

    outcomes = at_once(run, run, run)
    hired = [outcome for outcome in outcomes if isinstance(outcome, list)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Invalid)]
    assert (len(hired), len(refused)) == (1, 2)
    assert all(said == f"There is already an agent called n-{n}." for n, (_, said) in enumerate(refused[0].fields))
    assert Agent.objects.count() == Presence.objects.count() == 40
