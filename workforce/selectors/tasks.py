"""What the Task Queue shows: the first line, a page of tasks, and who may act on them (spec T1, T4, U1, U6)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from django.db.models import Q, QuerySet

from workforce.choices import TaskPriority, TaskStatus, TaskType
from workforce.models import Agent, Organization, Task, Team
from workforce.models.work import TaskQuerySet
from workforce.rules.matrix import Activity
from workforce.selectors.named import digest
from workforce.selectors.search import edge_of
from workforce.selectors.standing import Standing

PAGE_SIZE = 50
#: Rows are never counted beyond this, and no page is further back: narrow the filter instead.
COUNTED, MOST_PAGES = 1_000, 200
OFFERED, BATCH = 20, 500
#: Stands for every status in the address; without a status the open ones are shown.
ALL = "all"
_PRESSING = ("-urgency", "due_order", "queued_at", "id")
#: What the address may say in ``sort``. ``priority`` is the order of the queue.
SORTS: Mapping[str, tuple[str, ...]] = {
    "": ("-created_at", "-id"),
    "created": ("created_at", "id"),
    "-created": ("-created_at", "-id"),
    "priority": _PRESSING,
    "-priority": ("urgency", "-due_order", "-queued_at", "-id"),
    "agent": ("agent__agent_name", "-created_at", "-id"),
    "-agent": ("-agent__agent_name", "-created_at", "-id"),
    "title": ("title", "id"),
    "-title": ("-title", "-id"),
}
COLUMNS = (
    "Agent", "Pod", "Type", "Title", "Priority", "Urgent", "Status", "Created", "Created by", "Due", "Scheduled",
    "Blocker", "Can unblock", "Finished", "Id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What is in the address, checked. ``status`` is empty for the open ones, ``ALL`` for any."""

    q: str = ""
    agent: Agent | None = None
    pod: Team | None = None
    status: str = ""
    priority: TaskPriority | None = None
    type: TaskType | None = None
    sort: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.agent or self.pod or self.status or self.priority or self.type)


@dataclass(frozen=True, slots=True)
class Counts:
    """Capped at ``COUNTED``."""

    waiting: int
    running: int
    blocked: int

    @property
    def headline(self) -> str:
        """``31 tasks wait; 2 are blocked.``"""
        if not self.waiting and not self.blocked:
            if self.running:
                return f"No task waits; {_are(self.running)} in progress."
            return "No task waits."
        wait = "No task waits" if not self.waiting else f"{_number(self.waiting)} tasks wait"
        if self.waiting == 1:
            wait = "1 task waits"
        return f"{wait}; {_are(self.blocked) if self.blocked else 'none is'} blocked."


def _number(count: int) -> str:
    return f"More than {COUNTED:,}" if count > COUNTED else f"{count:,}"


def _are(count: int) -> str:
    return "1 is" if count == 1 else f"{_number(count).lower()} are"


@dataclass(frozen=True, slots=True)
class Row:
    """One task as the table shows it. ``version`` changes with anything that is shown but the ticking of time."""

    task: Task
    may_act: bool
    version: str

    @property
    def id(self) -> str:
        return f"task-{self.task.pk}"


@dataclass(frozen=True, slots=True)
class TaskPage:
    """``more``: another page follows. ``may_bulk``: at least one shown task is open and the reader's to act on.
    ``cut``: the search did not look at all tasks."""

    rows: Sequence[Row]
    page: int
    more: bool
    may_bulk: bool
    cut: bool
    keys: str

    @property
    def version(self) -> str:
        return digest(self.keys, [row.version for row in self.rows])

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def counts_of(organization: Organization) -> Counts:
    """Three counts over the index of statuses, each of at most ``COUNTED`` entries."""
    tasks = Task.objects.of(organization).order_by()

    def count(status: TaskStatus) -> int:
        return tasks.filter(status=status.value)[: COUNTED + 1].count()

    return Counts(count(TaskStatus.QUEUED), count(TaskStatus.IN_PROGRESS), count(TaskStatus.BLOCKED))


def matching(organization: Organization, wanted: TaskFilter) -> TaskQuerySet:
    """The tasks that match, in order. Without a status: the open ones."""
    tasks = _narrowed(organization, wanted)
    if wanted.q:
        said = Q(title__icontains=wanted.q) | Q(description__icontains=wanted.q)
        tasks = tasks.filter(said | Q(agent__agent_name__icontains=wanted.q))
    return tasks.order_by(*SORTS[wanted.sort])


def _narrowed(organization: Organization, wanted: TaskFilter) -> TaskQuerySet:
    """By everything but the words."""
    tasks = Task.objects.of(organization)
    if wanted.status == "":
        tasks = tasks.open()
    elif wanted.status != ALL:
        tasks = tasks.filter(status=wanted.status)
    if wanted.agent:
        tasks = tasks.filter(agent=wanted.agent)
    if wanted.pod:
        tasks = tasks.filter(agent__team=wanted.pod)
    if wanted.priority:
        tasks = tasks.filter(priority=wanted.priority)
    if wanted.type:
        tasks = tasks.filter(type=wanted.type)
    return tasks


def shown(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.select_related("agent__team", "unblock_user", "unblock_agent").defer("description", "result")


def task_page(organization: Organization, wanted: TaskFilter, *, standing: Standing) -> TaskPage:
    """At most ``PAGE_SIZE`` tasks; two queries, three for a search, however many there are."""
    page = min(wanted.page, MOST_PAGES)
    start = (page - 1) * PAGE_SIZE
    matches = matching(organization, wanted)
    edge = edge_of(_narrowed(organization, wanted), "created_at") if wanted.q else None
    if edge:
        matches = matches.filter(created_at__gte=edge)
    found = list(matches.values_list("pk", flat=True)[start : start + PAGE_SIZE + 1])
    ids = found[:PAGE_SIZE]
    tasks = shown(Task.objects.of(organization)).in_bulk(ids)
    rows = [_row(tasks[pk], standing) for pk in ids if pk in tasks]
    more = len(found) > PAGE_SIZE and page < MOST_PAGES
    may_bulk = any(row.may_act and row.task.is_open for row in rows)
    cut, keys = edge is not None, digest([row.id for row in rows], wanted.sort, more, may_bulk)
    return TaskPage(rows, page, more, may_bulk, cut, keys=keys)


def _row(task: Task, standing: Standing) -> Row:
    may_act = standing.may(Activity.TASKS, task.agent)
    version = digest(
        task.agent.agent_name, task.agent.team.name, task.title, task.type, task.priority, task.status, task.urgent,
        task.due_at, task.waits_until, task.open_needs, task.percent_complete, task.blocker_code, task.blocker_note,
        str(task.unblocker), may_act,
    )  # fmt: skip
    return Row(task, may_act, version)


def some_of(organization: Organization, ids: Sequence[UUID]) -> list[Task]:
    """Those tasks, in the order given; ids of nobody here are passed over."""
    found = shown(Task.objects.of(organization)).in_bulk(ids)
    return [found[pk] for pk in dict.fromkeys(ids) if pk in found]


def task_lines(organization: Organization, wanted: TaskFilter, *, zone: tzinfo) -> Iterator[tuple[object, ...]]:
    """One line per task; moments are ISO 8601 in ``zone``."""
    for task in shown(matching(organization, wanted)).iterator(chunk_size=BATCH):
        yield (
            task.agent.agent_name,
            task.agent.team.name,
            task.kind.label,
            task.title,
            task.weight.label,
            "Yes" if task.urgent else "No",
            task.where.label,
            _iso(task.created_at, zone),
            task.created_by_label,
            _iso(task.due_at, zone),
            _iso(task.scheduled_at, zone),
            task.blocker.label if task.blocker else "",
            str(task.unblocker or ""),
            _iso(task.finished_at, zone),
            str(task.pk),
        )


def _iso(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else ""


# Who and what can be named in a field.


def may_create(standing: Standing, organization: Organization) -> bool:
    """Whether there is an agent here to whom the person may give work. At most one query."""
    return standing.manages or _workers(organization, standing).exists()


def names_for(organization: Organization, standing: Standing, q: str = "") -> list[str]:
    """The first few agents to whom the person may give work and whose name has ``q`` in it. One query."""
    agents = _workers(organization, standing).filter(agent_name__icontains=q)
    return list(agents.order_by("agent_name").values_list("agent_name", flat=True)[:OFFERED])


def _workers(organization: Organization, standing: Standing) -> QuerySet[Agent]:
    agents = Agent.objects.of(organization).active()
    if standing.manages:
        return agents
    if standing.role is None:
        return agents.none()
    owned = Q(owner_user=standing.user_id) | Q(secondary_owner_user=standing.user_id)
    return agents.filter(owned | Q(team__in=standing.led_team_ids))


def agent_names(organization: Organization, q: str = "") -> list[str]:
    agents = Agent.objects.of(organization).active().filter(agent_name__icontains=q)
    return list(agents.order_by("agent_name").values_list("agent_name", flat=True)[:OFFERED])


def agent_called(organization: Organization, text: str) -> Agent | None:
    """By id or name; the case matters only where it tells two apart."""
    agents = Agent.objects.of(organization)
    try:
        return agents.filter(pk=UUID(text)).first()
    except ValueError:
        same = agents.filter(agent_name=text).first()
        return same or agents.filter(agent_name__iexact=text).order_by("agent_name").first()


def task_called(organization: Organization, text: str) -> Task | None:
    """By id, or the newest of exactly that title."""
    tasks = Task.objects.of(organization)
    try:
        return tasks.filter(pk=UUID(text)).first()
    except ValueError:
        return tasks.filter(title=text).order_by("-created_at", "-id").first()


def called_needs(task: Task) -> list[str]:
    """What it waits for, by names that ``task_called`` finds again: titles, and ids where a title is another's too."""
    needs = list(task.needs.order_by("id").values_list("needs__title", "needs_id"))
    same = Task.objects.of(task.organization_id).filter(title__in=[title for title, _ in needs])
    newest = dict(same.order_by("created_at", "id").values_list("title", "pk")) if needs else {}
    return [title if newest[title] == pk else str(pk) for title, pk in needs]


def recent_tasks(organization: Organization) -> list[Task]:
    """The newest few, to offer in a field."""
    tasks = (
        Task.objects.of(organization).select_related("agent").only("title", "agent__agent_name", "agent__current_state")
    )
    return list(tasks.order_by("-created_at", "-id")[:OFFERED])
