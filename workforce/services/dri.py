"""A workstream whose open assignments span pods has somebody who answers for it (spec R7; docs/decisions/0013).

The workstream's row is the lock of that rule: whoever adds an assignment, moves an agent to another pod or takes the
DRI away holds it. It comes after agents and tasks in the order of locks, and before assignments.
"""

from collections.abc import Iterable
from uuid import UUID

from workforce.models import Agent, Assignment, Workstream
from workforce.rules import assignments as rules
from workforce.rules.refusals import Conflict


def lock(ids: Iterable[UUID]) -> list[Workstream]:
    """These workstreams' rows, locked in one order until the transaction ends."""
    return list(Workstream.objects.filter(pk__in=list(ids)).select_for_update(no_key=True).order_by("pk"))


def check(workstream: Workstream) -> None:
    """Raise ``Conflict`` (``needs_dri``) for what the transaction has made of this locked workstream."""
    has_dri = bool(workstream.dri_user_id or workstream.dri_agent_id)
    if has_dri:
        return
    open_ones = Assignment.objects.open().filter(workstream=workstream).order_by()
    pods = dict(open_ones.values_list("agent__team", "agent__team__name").distinct())
    if rules.needs_dri(pods, has_dri=has_dri):
        raise Conflict(
            rules.needs_dri_sentence(workstream.name, pods.values()), code="needs_dri", workstream=str(workstream.pk)
        )


def check_pod_of(agent: Agent) -> None:
    """The same for every workstream in which this locked agent, just moved to another pod, has work."""
    open_ones = Assignment.objects.open().filter(agent=agent).order_by()
    for workstream in lock(open_ones.values_list("workstream", flat=True).distinct()):
        check(workstream)
