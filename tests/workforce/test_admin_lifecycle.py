"""Lifecycle, holds and keys from an agent's admin page (spec U8, R4, R5, R8, P4)."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.factories import AgentFactory
from tests.support.admin import as_hr, faults, page, send
from workforce.choices import HoldKind, LifecycleState
from workforce.models import Agent, ApiKey, AuditEvent, Hold
from workforce.rules import lifecycle
from workforce.rules.api_keys import digest
from workforce.services import holds, keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


def deed(agent: Agent, *parts: str) -> str:
    return f"/admin/workforce/agent/{agent.pk}/do/{'/'.join(parts)}/"


def state(agent: Agent) -> str:
    return Agent.objects.get(pk=agent.pk).current_state


class TestMoves:
    @pytest.mark.parametrize("source", list(LifecycleState))
    def test_only_legal_moves_have_buttons(self, source: str, client: Client, agent) -> None:
        one = AgentFactory(organization=agent.organization, team=agent.team, current_state=source.value)
        buttons = client.get(page("workforce.agent", "change", one.pk)).context["buttons"]
        offered = {b["href"].split("/move/")[1].strip("/") for b in buttons if "/move/" in b["href"]}
        assert offered == set(lifecycle.legal_targets(source, who=lifecycle.PEOPLE))

    def test_the_page_asks_and_writes_nothing(self, client: Client, agent) -> None:
        answer = client.get(deed(agent, "move", "retired"))
        assert answer.status_code == 200
        assert "Its API keys stop working at once" in answer.content.decode()
        assert state(agent) == "ready" and not AuditEvent.objects.exists()

    def test_it_moves_with_its_reason_in_the_audit(self, client: Client, agent, hugo) -> None:
        answer = client.post(deed(agent, "move", "retired"), {"reason": "Replaced."})
        assert answer.status_code == 302 and answer.url == page("workforce.agent", "change", agent.pk)
        assert state(agent) == "retired"
        event = AuditEvent.objects.get()
        assert (event.action, event.reason, event.actor_id) == ("agent.retired", "Replaced.", str(hugo.pk))

    @pytest.mark.parametrize("target", ["paused", "retired"])
    @pytest.mark.parametrize("reason", ["", "   "])
    def test_a_reason_is_asked_for_in_the_services_words(self, target: str, reason: str, client: Client, agent) -> None:
        answer = client.post(deed(agent, "move", target), {"reason": reason})
        assert faults(answer) == {"reason": [f"Say why: moving an agent to {target} needs a reason."]}
        assert state(agent) == "ready" and not AuditEvent.objects.exists()

    def test_a_move_without_need_for_a_reason_needs_none(self, client: Client, agent) -> None:
        client.post(deed(agent, "move", "assigned"), {"reason": ""})
        assert state(agent) == "assigned"

    def test_an_illegal_move_says_what_is_legal_and_keeps_the_reason(self, client: Client, agent) -> None:
        answer = client.post(deed(agent, "move", "archived"), {"reason": "typed before"})
        assert "cannot become archived" in faults(answer)["__all__"][0]
        assert "typed before" in answer.content.decode()
        assert state(agent) == "ready" and not AuditEvent.objects.exists()

    @pytest.mark.parametrize("target", ["nonsense", "registered"])
    def test_states_nobody_moves_to_have_no_page(self, target: str, client: Client, agent) -> None:
        assert client.get(deed(agent, "move", target)).status_code == 404
        assert client.post(deed(agent, "move", target), {"reason": "x"}).status_code == 404

    def test_too_long_a_reason_is_a_fault(self, client: Client, agent) -> None:
        answer = client.post(deed(agent, "move", "paused"), {"reason": "x" * 501})
        assert faults(answer) == {"reason": ["Use at most 500 characters; this has 501."]}

    def test_nul_in_a_reason_is_a_fault(self, client: Client, agent) -> None:
        assert "reason" in faults(client.post(deed(agent, "move", "paused"), {"reason": "a\x00b"}))

    @pytest.mark.parametrize("name", ["nothing", "move", "release", "clockin"])
    def test_there_are_no_other_deeds(self, name: str, client: Client, agent) -> None:
        assert client.post(deed(agent, name), {"reason": "x"}).status_code == 404


class TestHolds:
    def test_it_places_one_until_a_moment_in_the_readers_zone(self, client: Client, agent) -> None:
        until = timezone.now() + timedelta(days=2)
        local = until.astimezone(timezone.zoneinfo.ZoneInfo("Europe/Berlin"))
        said = {"kind": "incident", "reason": "Odd answers.", "until": local.strftime("%Y-%m-%dT%H:%M")}
        assert client.post(deed(agent, "hold"), said).status_code == 302
        hold = Hold.objects.get()
        assert (hold.kind, hold.reason, hold.placed_by_label) == ("incident", "Odd answers.", "Hugo")
        assert hold.until == until.replace(second=0, microsecond=0)
        assert state(agent) == "paused"
        assert set(AuditEvent.objects.values_list("action", flat=True)) == {"hold.placed", "agent.paused"}

    def test_without_a_reason_it_says_so_and_keeps_the_rest(self, client: Client, agent) -> None:
        answer = client.post(deed(agent, "hold"), {"kind": "leave", "reason": "", "until": ""})
        assert faults(answer) == {"reason": ["Say why the agent may not work."]}
        assert '<option value="leave" selected>' in answer.content.decode()
        assert not Hold.objects.exists()

    def test_a_moment_gone_by_is_a_fault(self, client: Client, agent) -> None:
        answer = client.post(deed(agent, "hold"), {"kind": "leave", "reason": "x", "until": "2020-01-01T00:00"})
        assert list(faults(answer)) == ["until"]

    def test_the_clocks_own_kind_is_not_peoples(self, client: Client, agent) -> None:
        assert "kind" in faults(client.post(deed(agent, "hold"), {"kind": "off_hours", "reason": "x"}))

    def test_a_second_of_the_kind_is_refused(self, client: Client, agent, hugo, actor, now) -> None:
        hold(agent, hugo, actor)
        answer = client.post(deed(agent, "hold"), {"kind": "manual", "reason": "again"})
        assert "already has an active hold of this kind" in faults(answer)["__all__"][0]

    def test_each_active_one_has_its_release_button(self, client: Client, agent, hugo, actor) -> None:
        hold(agent, hugo, actor)
        hold(agent, hugo, actor, kind=HoldKind.INCIDENT)
        buttons = client.get(page("workforce.agent", "change", agent.pk)).context["buttons"]
        hrefs = [b["href"] for b in buttons]
        assert deed(agent, "release", "manual") in hrefs and deed(agent, "release", "incident") in hrefs
        assert deed(agent, "release", "leave") not in hrefs

    def test_releasing_one_leaves_the_other(self, client: Client, agent, hugo, actor) -> None:
        hold(agent, hugo, actor)
        hold(agent, hugo, actor, kind=HoldKind.INCIDENT)
        client.post(deed(agent, "release", "manual"), {"reason": "Fixed."})
        assert [h.kind for h in Hold.objects.active()] == ["incident"]
        assert Hold.objects.get(kind="manual").release_reason == "Fixed."
        assert state(agent) == "paused"
        client.post(deed(agent, "release", "incident"), {"reason": ""})
        assert state(agent) == "ready"

    def test_releasing_none_is_refused(self, client: Client, agent) -> None:
        answer = client.post(deed(agent, "release", "manual"), {"reason": ""})
        assert "no active hold of this kind" in faults(answer)["__all__"][0]

    def test_the_list_places_and_releases_too(self, client: Client, agent) -> None:
        answer = send(client, page("workforce.hold", "add"), agent=str(agent.pk), kind="leave", reason="Away.")
        placed = Hold.objects.get()
        assert answer.status_code == 302
        assert client.post(f"/admin/workforce/hold/{placed.pk}/do/release/", {"reason": ""}).status_code == 302
        placed.refresh_from_db()
        assert placed.released_by_label == "Hugo"

    def test_the_lists_form_speaks_the_services_words(self, client: Client, agent) -> None:
        answer = send(
            client,
            page("workforce.hold", "add"),
            agent=str(agent.pk),
            kind="leave",
            reason="r",
            until="2020-01-01T00:00",
        )
        assert faults(answer) == {"until": ["Choose a moment in the future, or leave it empty."]}

    def test_the_history_of_a_hold_is_its_agents(self, client: Client, agent, hugo, actor) -> None:
        placed = hold(agent, hugo, actor)
        answer = client.get(page("workforce.hold", "history", placed.pk), follow=True)
        assert "hold.placed" in [event.action for event in answer.context["cl"].result_list]

    def test_a_hold_is_never_edited_or_removed(self, client: Client, agent, hugo, actor) -> None:
        placed = hold(agent, hugo, actor)
        assert client.post(page("workforce.hold", "change", placed.pk), {"reason": "x"}).status_code == 403
        assert client.post(page("workforce.hold", "delete", placed.pk), {"post": "yes"}).status_code == 403


def hold(agent, user, actor, kind: HoldKind = HoldKind.MANUAL) -> Hold:
    return holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=kind, reason="r", by=actor(user), now=timezone.now()
    )


class TestKeys:
    def issue(self, client: Client, agent: Agent) -> tuple[str, str]:
        answer = client.post(deed(agent, "key"), {"key_name": "runner", "expires_at": ""})
        assert answer.status_code == 200
        return answer.context["token"], answer.content.decode()

    def test_the_token_is_on_the_answer_and_nowhere_else(self, client: Client, agent) -> None:
        token, html = self.issue(client, agent)
        secret = token.split("_", 2)[2]
        assert html.count(token) == 1
        key = ApiKey.objects.get()
        assert key.digest == digest(token) and key.agent == agent
        assert not LogEntry.objects.exists()
        assert all(token not in str(session.get_decoded()) for session in Session.objects.all())
        assert all(token not in morsel.value for morsel in client.cookies.values())
        event = AuditEvent.objects.get()
        assert token not in str(event.facts()) and secret not in str(event.facts())
        for path in (
            page("workforce.agent", "change", agent.pk),
            page("workforce.apikey"),
            page("workforce.apikey", "change", key.pk),
            page("workforce.auditevent", "change", event.pk),
            deed(agent, "key"),
        ):
            assert secret not in client.get(path).content.decode(), path

    def test_nothing_may_keep_the_page_with_the_token(self, client: Client, agent) -> None:
        answer = client.post(deed(agent, "key"), {"key_name": "runner", "expires_at": ""})
        assert "no-store" in answer["Cache-Control"]

    def test_the_token_works(self, client: Client, agent) -> None:
        token, _ = self.issue(client, agent)
        key = keys.authenticate(token, now=timezone.now())
        assert key is not None and key.agent == agent

    def test_a_name_is_needed(self, client: Client, agent) -> None:
        assert list(faults(client.post(deed(agent, "key"), {"key_name": "", "expires_at": ""}))) == ["key_name"]

    def test_a_blank_name_is_refused_in_the_services_words(self, client: Client, agent) -> None:
        answer = client.post(deed(agent, "key"), {"key_name": "x", "expires_at": "2020-01-01T00:00"})
        assert faults(answer) == {"expires_at": ["Choose a moment in the future, or leave it empty."]}
        assert not ApiKey.objects.exists()

    def test_an_organisations_key_needs_a_scope(self, client: Client, agent) -> None:
        answer = send(client, page("workforce.apikey", "add"), name="orchestrator")
        assert faults(answer) == {"scopes": ["An organisation's key needs at least one scope."]}

    def test_an_organisations_key_is_shown_once_too(self, client: Client, organization) -> None:
        answer = send(client, page("workforce.apikey", "add"), name="orchestrator", scopes=["read", "clock"])
        assert answer.status_code == 200
        key = ApiKey.objects.get()
        assert key.digest == digest(answer.context["token"])
        assert (key.agent, key.scopes, key.organization) == (None, ["clock", "read"], organization)

    def test_rotating_shows_the_successor_and_ends_the_old_one(self, client: Client, agent) -> None:
        old, _ = self.issue(client, agent)
        first = ApiKey.objects.get()
        answer = client.post(f"/admin/workforce/apikey/{first.pk}/do/rotate/", {"overlap_hours": "0"})
        new = answer.context["token"]
        assert new != old
        assert keys.authenticate(new, now=timezone.now()) is not None
        assert keys.authenticate(old, now=timezone.now()) is None
        assert AuditEvent.objects.filter(action="key.rotated").exists()

    @pytest.mark.parametrize("hours", ["-1", "721", "x", ""])
    def test_an_odd_overlap_is_a_fault(self, hours: str, client: Client, agent) -> None:
        self.issue(client, agent)
        path = f"/admin/workforce/apikey/{ApiKey.objects.get().pk}/do/rotate/"
        assert list(faults(client.post(path, {"overlap_hours": hours}))) == ["overlap_hours"]
        assert ApiKey.objects.count() == 1

    def test_revoking_kills_it_at_once(self, client: Client, agent) -> None:
        token, _ = self.issue(client, agent)
        path = f"/admin/workforce/apikey/{ApiKey.objects.get().pk}/do/revoke/"
        assert client.get(path).status_code == 200
        assert keys.authenticate(token, now=timezone.now()) is not None
        assert client.post(path).status_code == 302
        assert keys.authenticate(token, now=timezone.now()) is None

    def test_revoking_twice_is_refused(self, client: Client, agent) -> None:
        self.issue(client, agent)
        path = f"/admin/workforce/apikey/{ApiKey.objects.get().pk}/do/revoke/"
        client.post(path)
        assert faults(client.post(path)) == {"__all__": ["This key was revoked before."]}

    def test_a_key_is_never_edited_or_removed(self, client: Client, agent) -> None:
        self.issue(client, agent)
        key = ApiKey.objects.get()
        assert client.post(page("workforce.apikey", "change", key.pk), {"name": "x"}).status_code == 403
        assert client.post(page("workforce.apikey", "delete", key.pk), {"post": "yes"}).status_code == 403

    def test_the_fingerprint_is_on_no_page(self, client: Client, agent) -> None:
        self.issue(client, agent)
        key = ApiKey.objects.get()
        for path in (page("workforce.apikey"), page("workforce.apikey", "change", key.pk)):
            assert key.digest not in client.get(path).content.decode()
