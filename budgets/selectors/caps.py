"""What the Budgets tab shows: the caps of one page of agents, and how many have any (spec U1, B1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from budgets.choices import CapsKept, CapWindow
from budgets.models import Caps
from budgets.rules import caps as rules
from workforce.choices import LifecycleState
from workforce.models import Agent, Organization, Team
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Missing
from workforce.selectors.standing import Standing

PAGE_SIZE = 24
#: More pods than this are typed, not chosen from a list.
BATCH = 500
COLUMNS = ("Agent", "Pod", "Tier", *(f"{window.label} Token Cap" for window in CapWindow))
_NONE_SET = Q(**{f"caps__{name}__isnull": True for name in (*rules.TOKEN_FIELDS, *rules.COST_FIELDS)})


@dataclass(frozen=True, slots=True)
class BudgetFilter:
    """What is in the address, checked."""

    q: str = ""
    pod: Team | None = None
    caps: CapsKept | None = None
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.pod or self.caps)


@dataclass(frozen=True, slots=True)
class Counts:
    """Active agents, and those among them with a cap of any window."""

    total: int
    capped: int

    @property
    def headline(self) -> str:
        if not self.total:
            return "No agents yet."
        if not self.capped:
            return "No agent has a token cap yet."
        if self.capped == self.total:
            return f"All {self.total} agents have token caps." if self.total > 1 else "The one agent has token caps."
        return f"{self.capped} of {self.total} agents {'has' if self.capped == 1 else 'have'} token caps."


@dataclass(frozen=True, slots=True)
class Card:
    """One agent and its caps; None where none was ever set. Load with ``select_related("team", "caps")``."""

    agent: Agent
    caps: Caps | None
    may_edit: bool

    @property
    def caps_set(self) -> bool:
        return self.caps is not None and self.caps.any_set

    def lines(self) -> list[tuple[str, str, bool]]:
        """Of each window the label, the cap in words, and whether there is one."""
        tokens = tokens_of(self.caps)
        return [(w.label, rules.in_words(tokens[w.field]), tokens[w.field] is not None) for w in CapWindow]


@dataclass(frozen=True, slots=True)
class BudgetPage:
    cards: Sequence[Card]
    total: int
    page: int
    filter: BudgetFilter

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def caps_of(agent: Agent) -> Caps | None:
    """Without a query where the agent was loaded with ``select_related("caps")``."""
    return getattr(agent, "caps", None)


def tokens_of(caps: Caps | None) -> dict[str, int | None]:
    return caps.tokens() if caps else dict.fromkeys(rules.TOKEN_FIELDS)


def matching(organization: Organization, wanted: BudgetFilter) -> QuerySet[Agent]:
    """The active agents that match, by name, with pod and caps."""
    agents = Agent.objects.of(organization).active()
    if wanted.pod:
        agents = agents.filter(team=wanted.pod)
    if wanted.q:
        agents = agents.filter(Q(agent_name__icontains=wanted.q) | Q(team__name__icontains=wanted.q))
    if wanted.caps:
        agents = agents.filter(_NONE_SET if wanted.caps == CapsKept.NONE else ~_NONE_SET)
    return agents.order_by("agent_name").select_related("team", "caps")


def budget_page(organization: Organization, wanted: BudgetFilter, *, standing: Standing) -> BudgetPage:
    """At most ``PAGE_SIZE`` agents; a page past the end is the last one. Two queries."""
    agents = matching(organization, wanted)
    total = agents.count()
    page = min(wanted.page, max(1, -(-total // PAGE_SIZE)))
    start = (page - 1) * PAGE_SIZE
    cards = [_card(agent, standing) for agent in agents[start : start + PAGE_SIZE]] if total else []
    return BudgetPage(cards=cards, total=total, page=page, filter=wanted)


def counts_of(organization: Organization) -> Counts:
    """One query."""
    agents = Agent.objects.of(organization).active().order_by()
    found = agents.aggregate(total=Count("pk"), bare=Count("pk", filter=_NONE_SET))
    return Counts(total=found["total"], capped=found["total"] - found["bare"])


def card_to_edit(organization: Organization, agent_id: UUID, *, standing: Standing) -> Card:
    """Raises ``Missing``, ``Forbidden`` and ``Conflict`` (``archived``), so that no form is shown in vain."""
    agent = Agent.objects.of(organization).select_related("team", "caps").filter(pk=agent_id).first()
    if agent is None:
        raise Missing("There is no such agent in this organisation.")
    card = _card(agent, standing)
    if not card.may_edit:
        raise Forbidden(
            f"You may not set the token caps of {agent.agent_name}. Its owner or a workforce manager may.",
            code="not_yours",
        )
    if agent.state == LifecycleState.ARCHIVED:
        raise Conflict(f"{agent.agent_name} is archived: its token caps are kept as they were.", code="archived")
    return card


def cap_lines(organization: Organization, wanted: BudgetFilter) -> Iterator[tuple[object, ...]]:
    """The table for CSV, one line per agent, in whole tokens; an empty cell is no cap."""
    for agent in matching(organization, wanted).iterator(chunk_size=BATCH):
        yield (agent.agent_name, agent.team.name, agent.priority_tier, *tokens_of(caps_of(agent)).values())


def _card(agent: Agent, standing: Standing) -> Card:
    return Card(agent=agent, caps=caps_of(agent), may_edit=standing.may(Activity.BUDGETS, agent))
