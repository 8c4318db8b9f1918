"""The state changes through the verbs alone, and Django's ordinary ways with a row still work (R4)."""

import threading

import pytest
from django.db import IntegrityError, transaction
from django_fsm import ConcurrentTransition, TransitionNotAllowed

from tests.support.races import at_once, errors
from tests.support.sql import run, stored
from workforce.models import Agent

pytestmark = pytest.mark.django_db


def protected(agent):
    with pytest.raises(AttributeError, match="not allowed"):
        agent.current_state = "retired"
    return True


def test_assigning_the_state_is_refused(agent):
    assert protected(agent)
    assert agent.current_state == "ready"


def test_setattr_is_no_way_round(agent):
    with pytest.raises(AttributeError):
        setattr(agent, "current_state", "executing")  # noqa: B010


def test_an_illegal_verb_raises_and_leaves_the_state(agent):
    with pytest.raises(TransitionNotAllowed):
        agent.archive()
    assert agent.current_state == "ready"


def test_a_stale_row_cannot_be_saved_over_a_newer_state(agent):
    stale = Agent.objects.get(pk=agent.pk)
    agent.assign()
    agent.save(update_fields=["current_state"])
    stale.retire()
    with pytest.raises(ConcurrentTransition), transaction.atomic():
        stale.save(update_fields=["current_state"])
    assert Agent.objects.get(pk=agent.pk).current_state == "assigned"


def test_refresh_reads_the_state_anew(agent):
    Agent.objects.filter(pk=agent.pk).update(current_state="blocked")
    agent.refresh_from_db()
    assert agent.current_state == "blocked"
    agent.escalate()
    agent.save(update_fields=["current_state"])
    assert Agent.objects.get(pk=agent.pk).current_state == "escalated"


def test_refresh_of_other_fields_leaves_the_state(agent):
    Agent.objects.filter(pk=agent.pk).update(current_state="blocked", notes="read me")
    agent.refresh_from_db(fields=["notes"])
    assert (agent.notes, agent.current_state) == ("read me", "ready")
    agent.refresh_from_db(fields=["current_state"])
    assert agent.current_state == "blocked"


def test_a_deferred_state_is_loaded_when_asked(agent):
    assert Agent.objects.defer("current_state").get(pk=agent.pk).current_state == "ready"
    assert Agent.objects.only("pk").get(pk=agent.pk).state == "ready"


def test_refresh_keeps_the_protection(agent):
    agent.refresh_from_db()
    assert protected(agent)


def test_refreshing_a_row_that_is_gone_leaves_it_as_it_was_and_protected(agent):
    ghost = Agent.objects.get(pk=agent.pk)
    ghost.pk = agent.organization_id  # nobody's id
    with pytest.raises(Agent.DoesNotExist):
        ghost.refresh_from_db()
    assert ghost.current_state == "ready"
    assert protected(ghost)
    assert protected(agent), "the protection of every agent in the process"


@pytest.mark.django_db(transaction=True)
def test_refreshing_in_many_threads_never_lifts_the_protection(agent):
    """A lifted protection would show as an assignment that passes, or as a refresh that trips over another's."""
    done = threading.Event()

    def refresh():
        mine = Agent.objects.get(pk=agent.pk)
        try:
            for _ in range(40):
                mine.refresh_from_db()
        finally:
            done.set()

    def assign():
        mine = Agent.objects.get(pk=agent.pk)
        tries = 0
        while not done.is_set():
            tries += 1
            with pytest.raises(AttributeError):
                mine.current_state = "retired"
        return tries

    outcomes = at_once(refresh, refresh, assign)
    assert errors(outcomes) == []
    assert outcomes[2] > 0


@pytest.mark.parametrize("state", ["", "nonsense", "READY"])
def test_the_database_knows_the_ten_states(agent, state):
    with pytest.raises(IntegrityError), transaction.atomic():
        run("UPDATE workforce_agent SET current_state = %s WHERE agent_id = %s", state, stored(agent))
