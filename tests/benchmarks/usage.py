"""Usage and reservations at a ledger of a million against one of a thousand, and ingest against bare inserts (B3)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from budgets.choices import ReservationEnd
from budgets.models import Caps, Price, Usage
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services import reservations, usage
from budgets.services.reservations import Estimate
from tests.benchmarks.figures import interleaved, ratio, spread
from tests.benchmarks.scratch import DAY, fleet
from workforce.models import Agent, Organization
from workforce.models.bulk_rows import insert_columns
from workforce.models.ids import uuid7
from workforce.rules.actors import system

FEW, MANY = 1_000, 1_000_000
CYCLES, BATCH, AGENTS = 40, 1_000, 20
GROWTH, SHARE = 1.5, 0.5
NOW = DAY.replace(hour=12)
BY = system("benchmark")
MODEL = "sonnet-balanced"


def run(rounds: int, say: Callable[[str], object]) -> bool:
    organization, _, agents = fleet(2 + AGENTS, slug="fleet", scheduled=False)
    young, old, *others = agents
    since = NOW - timedelta(days=90)
    Price.objects.create(organization=organization, model=MODEL, valid_from=since, input=3, output=15)
    Caps.objects.bulk_create([Caps(agent=agent, daily_tokens=2**50, monthly_cost=10**6) for agent in agents])
    _fill(organization, young, FEW)
    _fill(organization, old, MANY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    small, large = interleaved(rounds, lambda: _cycles(organization, young), lambda: _cycles(organization, old))
    growth = ratio(large, small)
    for size, times in ((FEW, small), (MANY, large)):
        say(f"{size:>9,} in the ledger: {spread([t / CYCLES for t in times])} to check, reserve, settle and release")
    say(f"ratio {growth:.2f} (target at most {GROWTH}), {rounds} rounds of {CYCLES}, taking turns")
    bare, copied, taken = interleaved(
        rounds,
        lambda: _bare(organization, others),
        lambda: _copied(organization, others),
        lambda: _ingest(organization, others),
    )
    share = ratio(bare, taken)
    for name, times in (("bare INSERTs", bare), ("bare COPY", copied), ("ingest", taken)):
        say(f"{name}: {spread(times)} for {BATCH:,} of {AGENTS} agents")
    say(f"share of the rate of INSERTs {share:.2f} (target at least {SHARE}), {rounds} rounds, taking turns")
    say(f"share of the rate of COPY {ratio(copied, taken):.2f}")
    return growth <= GROWTH and share >= SHARE


def _fill(organization: Organization, agent: Agent, number: int) -> None:
    """Straight into the ledger: what is measured is what its size does."""
    for start in range(0, number, 50_000):
        count = min(50_000, number - start)
        insert_columns(Usage, _columns(organization, [agent.pk] * count, [f"{start + n}" for n in range(count)]))


def _columns(organization: Organization, agent_ids: list[UUID], keys: list[str]) -> dict[str, list[object]]:
    count = len(keys)
    cost = Decimal("0.006")
    return {
        "id": [uuid7() for _ in range(count)],
        "organization_id": [organization.pk] * count,
        "agent_id": list(agent_ids),
        "key": list(keys),
        "at": [NOW - timedelta(seconds=n % 2_000_000) for n in range(count)],
        "received_at": [NOW] * count,
        "model": [MODEL] * count,
        "task_id": [None] * count,
        "input_tokens": [1000] * count,
        "output_tokens": [200] * count,
        "cache_read_tokens": [0] * count,
        "cache_write_tokens": [0] * count,
        "counted_tokens": [1200] * count,
        "list_cost": [cost] * count,
        "billed_cost": [cost] * count,
    }


def _cycles(organization: Organization, agent: Agent) -> None:
    for _ in range(CYCLES):
        subject = ("run", str(uuid7()))
        verdict = reservations.reserve(
            organization=organization,
            agent_id=agent.pk,
            subject=subject,
            wanted=Estimate(1200),
            expires_at=NOW + timedelta(hours=1),
            now=NOW,
        )
        assert verdict.reservation is not None
        usage.record(organization=organization, entries=[_entry(agent.pk)], by=BY, now=NOW)
        reservations.release(
            agent_id=agent.pk, reservation_id=verdict.reservation.pk, ended=ReservationEnd.SETTLED, now=NOW
        )


def _entry(agent_id: UUID) -> Entry:
    return Entry(agent_id=agent_id, key=str(uuid7()), model=MODEL, tokens=Tokens(1000, 200))


def _rows(organization: Organization, agents: list[Agent]) -> dict[str, list[object]]:
    agent_ids = [agents[n % AGENTS].pk for n in range(BATCH)]
    return _columns(organization, agent_ids, [str(uuid7()) for _ in range(BATCH)])


def _bare(organization: Organization, agents: list[Agent]) -> None:
    """The same rows as plain INSERTs, and nothing else: no key looked up, no price, no meter, no sum."""
    columns = _rows(organization, agents)
    fields = [field for field in Usage._meta.concrete_fields if field.attname in columns]
    names, marks = ", ".join(f'"{field.column}"' for field in fields), ", ".join(["%s"] * len(fields))
    values = [[field.get_db_prep_save(value, connection) for value in columns[field.attname]] for field in fields]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO budgets_usage ({names}) VALUES ({marks})", list(zip(*values, strict=True)))  # noqa: S608


def _copied(organization: Organization, agents: list[Agent]) -> None:
    """The same rows the quickest way the database has."""
    with transaction.atomic():
        insert_columns(Usage, _rows(organization, agents))


def _ingest(organization: Organization, agents: list[Agent]) -> None:
    entries = [_entry(agents[n % AGENTS].pk) for n in range(BATCH)]
    usage.record(organization=organization, entries=entries, by=BY, now=NOW)
