"""List actions: the chosen agents are named, asked about once, and each is told its outcome (spec U8, R9)."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import AgentFactory, TeamFactory
from tests.support.admin import as_hr, fields_of, page
from workforce.admin import deeds
from workforce.choices import HoldKind
from workforce.models import Agent, AuditEvent, Hold
from workforce.services import holds

pytestmark = pytest.mark.django_db

LIST = page("workforce.agent")


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


@pytest.fixture
def three(agent) -> list[Agent]:
    return [agent, *(AgentFactory(organization=agent.organization, team=agent.team) for _ in range(2))]


def choose(client: Client, action: str, rows: list[Agent], **more: Any) -> Any:
    """What the list's own form sends."""
    chosen = [str(row.pk) for row in rows]
    return client.post(LIST, {"action": action, "index": "0", "select_across": "0", "_selected_action": chosen, **more})


def answer(client: Client, asked: Any, reason: str) -> Any:
    """Fill in the page that asks and send it, with whatever it carried along."""
    return client.post(LIST, {**fields_of(asked.content.decode()), "reason": [reason]})


@pytest.mark.parametrize("action", ["pause", "retire", "release_manual"])
def test_it_names_the_agents_and_changes_nothing_yet(action: str, client: Client, three) -> None:
    asked = choose(client, action, three)
    assert asked.status_code == 200
    assert all(agent.agent_name in asked.content.decode() for agent in three)
    assert not AuditEvent.objects.exists() and not Hold.objects.exists()


def test_it_pauses_each_with_the_reason(client: Client, three) -> None:
    done = answer(client, choose(client, "pause", three), "Prices are wrong.")
    assert "Done for 3 of 3." in done.content.decode()
    assert {a.current_state for a in Agent.objects.all()} == {"paused"}
    assert set(Hold.objects.values_list("kind", "reason")) == {("manual", "Prices are wrong.")}
    assert AuditEvent.objects.filter(action="agent.paused", reason="Prices are wrong.").count() == 3


def test_it_retires_each_with_the_reason(client: Client, three) -> None:
    answer(client, choose(client, "retire", three), "End of contract.")
    assert {a.current_state for a in Agent.objects.all()} == {"retired"}


def test_it_releases_the_manual_hold_only(client: Client, three, hugo, actor) -> None:
    for kind in (HoldKind.MANUAL, HoldKind.INCIDENT):
        for agent in three[: 1 if kind is HoldKind.INCIDENT else 3]:
            holds.place(
                organization=agent.organization, agent_id=agent.pk, kind=kind, reason="r", by=actor(hugo),
                now=timezone.now(),
            )  # fmt: skip
    answer(client, choose(client, "release_manual", three), "")
    assert [(h.kind, h.agent_id) for h in Hold.objects.active()] == [("incident", three[0].pk)]
    states = {a.pk: a.current_state for a in Agent.objects.all()}
    assert states == {three[0].pk: "paused", three[1].pk: "ready", three[2].pk: "ready"}


def test_one_that_cannot_does_not_stop_the_others_and_is_told_why(client: Client, three) -> None:
    escalated = AgentFactory(organization=three[0].organization, team=three[0].team, current_state="escalated")
    done = answer(client, choose(client, "retire", [*three, escalated]), "Replaced.")
    outcomes = {result.row.pk: result for result in done.context["results"]}
    assert [outcomes[a.pk].done for a in three] == [True, True, True]
    assert not outcomes[escalated.pk].done and "cannot become retired" in outcomes[escalated.pk].said
    assert Agent.objects.get(pk=escalated.pk).current_state == "escalated"
    assert "Done for 3 of 4." in done.content.decode()


def test_without_a_reason_each_says_so_and_none_changes(client: Client, three) -> None:
    done = answer(client, choose(client, "retire", three), "")
    assert {r.said for r in done.context["results"]} == {"Say why: moving an agent to retired needs a reason."}
    assert {a.current_state for a in Agent.objects.all()} == {"ready"}


def test_what_was_named_is_what_is_done(client: Client, three) -> None:
    """ "Select all" is resolved on the page that asks: an agent made meanwhile is not swept along."""
    asked = choose(client, "pause", three[:1], select_across="1")
    newcomer = AgentFactory(organization=three[0].organization, team=three[0].team)
    answer(client, asked, "All of them.")
    assert Agent.objects.get(pk=newcomer.pk).current_state == "ready"
    assert Hold.objects.count() == 3


def test_too_many_at_once_are_refused(client: Client, three, monkeypatch) -> None:
    monkeypatch.setattr(deeds, "BULK_MOST", 2)
    asked = choose(client, "pause", three)
    assert asked.status_code == 302
    assert "Choose at most 2 at once." in client.get(LIST).content.decode()


def say(client: Client, asked: Any, **typed: str) -> Any:
    return client.post(LIST, {**fields_of(asked.content.decode()), **typed})


def test_it_reassigns_each(client: Client, three, hugo) -> None:
    asked = choose(client, "reassign_owner", three)
    assert all(agent.agent_name in asked.content.decode() for agent in three)
    done = say(client, asked, owner=three[0].agent_name)
    outcomes = {result.row.pk: result for result in done.context["results"]}
    assert [outcomes[agent.pk].done for agent in three] == [False, True, True]
    assert outcomes[three[0].pk].said == "An agent cannot own itself."
    say(client, choose(client, "reassign_owner", three), owner="HUGO@example.com")
    assert {agent.owner for agent in Agent.objects.all()} == {hugo}
    assert AuditEvent.objects.filter(action="agent.owner_changed").count() == 5


def test_it_moves_each(client: Client, three) -> None:
    growth = TeamFactory(organization=three[0].organization, name="Growth")
    done = say(client, choose(client, "move_pod", three), team="Growth")
    assert {agent.team for agent in Agent.objects.all()} == {growth}
    assert "is in Growth." in done.content.decode()


@pytest.mark.parametrize(
    ("action", "typed", "says"),
    [
        ("reassign_owner", {"owner": "charlie@example.com"}, "There is no such person or agent in this organisation."),
        ("reassign_owner", {"owner": "nobody"}, "There is no such person or agent in this organisation."),
        ("move_pod", {"team": "Theirs"}, "There is no such pod in this organisation."),
    ],
)
def test_what_is_of_others_is_not_there(
    client: Client, three, charlie, other_organization, action: str, typed: dict[str, str], says: str
) -> None:
    TeamFactory(organization=other_organization, name="Theirs")
    done = say(client, choose(client, action, three), **typed)
    assert {result.said for result in done.context["results"]} == {says}
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("chosen", [["nonsense"], ["0199a0b2-0000-7000-8000-000000000000"]])
def test_odd_ids_do_nothing(chosen: list[str], client: Client, three) -> None:
    said = {"action": "pause", "apply": "1", "_selected_action": chosen, "reason": "x"}
    assert client.post(LIST, said).status_code < 500
    assert not Hold.objects.exists()


def test_there_is_no_action_that_removes(client: Client, three) -> None:
    choices = client.get(LIST).context["cl"].model_admin.get_actions(client.get(LIST).wsgi_request)
    assert set(choices) == {
        "pause",
        "retire",
        "release_manual",
        "reassign_owner",
        "move_pod",
        "export_csv",
        "export_roster",
    }
