"""API keys: shown once, stored hashed, dead when they should be (P4)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from workforce.choices import KeyScope
from workforce.models import ApiKey, AuditEvent
from workforce.rules import api_keys
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.selectors.standing import actor_of_key
from workforce.services import keys

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def issue(organization, now, by=SYSTEM, **options):
    options.setdefault("name", "orchestrator")
    if options.get("agent") is None:
        options.setdefault("scopes", [KeyScope.READ, KeyScope.CLOCK])
    return keys.issue(organization=organization, by=by, now=now, **options)


def live(token, now):
    return keys.authenticate(token, now=now)


def test_only_hash_and_prefix_are_stored(organization, alice, now):
    made, token = issue(organization, now, by=person(alice))
    row = ApiKey.objects.filter(pk=made.pk).values().get()
    secret = token.split("_", 2)[2]
    assert (row["prefix"], row["digest"]) == (api_keys.prefix_of(token), api_keys.digest(token))
    assert not any(secret in str(value) for value in row.values())
    assert (row["created_by_id"], row["scopes"]) == (alice.pk, ["clock", "read"])
    (event,) = audited(made)
    assert secret not in str(event.facts())
    assert event.after == {"agent": None, "scopes": ["clock", "read"], "expires_at": None}


def test_a_live_key_is_recognised(organization, agent, now):
    made, token = issue(organization, now)
    of_agent, agent_token = issue(organization, now, agent=agent)
    assert live(token, now) == made
    assert live(agent_token, now) == of_agent
    assert live(agent_token, now).agent == agent


def test_an_agents_key_acts_as_the_agent_and_the_organisations_as_itself(organization, agent, now):
    of_agent, of_organization = issue(organization, now, agent=agent)[0], issue(organization, now)[0]
    by = actor_of_key(of_agent)
    assert (by.kind, by.id, by.agent_id, by.label, by.scopes) == (
        "agent",
        str(agent.pk),
        agent.pk,
        "support-triage-01",
        frozenset(),
    )
    by = actor_of_key(of_organization)
    assert (by.kind, by.id, by.agent_id, by.scopes) == ("key", str(of_organization.pk), None, {"read", "clock"})


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token[:5] + ("0" if token[5] != "0" else "1") + token[6:],
        lambda token: token + " ",
        lambda token: token[:-1],
        lambda token: token.upper(),
        lambda token: "",
        lambda token: "Bearer " + token,
        lambda token: token + "\x00",
        lambda token: "\ud800" + token,
        lambda token: "x" * 100_000,
    ],
)
def test_a_wrong_key_is_nobody(organization, now, damage):
    made, token = issue(organization, now)
    assert live(damage(token), now) is None
    made.refresh_from_db()
    assert made.last_used_at is None


def test_known_and_unknown_prefix_take_the_same_steps(organization, now, monkeypatch, django_assert_num_queries):
    made, token = issue(organization, now)
    ApiKey.objects.filter(pk=made.pk).update(last_used_at=now)
    compared = []
    real = api_keys.matches
    monkeypatch.setattr(api_keys, "matches", lambda *pair: compared.append(pair) or real(*pair))
    wrong_secret = token[:17] + "A" * 43
    wrong_prefix = "pck_000000000000_" + token[17:]
    for tried in (token, wrong_secret, wrong_prefix, "nonsense"):
        with django_assert_num_queries(1):
            live(tried, now)
    assert [pair[0] for pair in compared] == [token, wrong_secret, wrong_prefix, "nonsense"]
    assert all(len(pair[1]) == 64 for pair in compared)


def test_revoked_is_dead_at_once(organization, alice, now):
    made, token = issue(organization, now)
    keys.revoke(key=made, by=person(alice), now=now)
    assert live(token, now) is None
    made.refresh_from_db()
    assert (made.revoked_at, made.revoked_by_label) == (now, "Alice")
    with pytest.raises(Conflict):
        keys.revoke(key=made, by=person(alice), now=now)
    assert len(audited(made, action="key.revoked")) == 1


def test_expired_is_dead_from_its_moment_on(organization, now):
    _, token = issue(organization, now, expires_at=now + HOUR)
    assert live(token, now + HOUR - timedelta(microseconds=1)) is not None
    assert live(token, now + HOUR) is None


@pytest.mark.parametrize("gone", ["retired", "archived"])
def test_the_key_of_an_agent_that_left_is_dead(organization, pod, olga, now, gone):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga)
    made, token = issue(organization, now, agent=agent)
    assert live(token, now) is not None
    type(agent).objects.filter(pk=agent.pk).update(current_state=gone)
    assert live(token, now) is None
    agent.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        issue(organization, now, agent=agent)
    assert refused.value.code == "gone"
    with pytest.raises(Conflict):
        keys.rotate(key=ApiKey.objects.get(pk=made.pk), overlap=HOUR, by=SYSTEM, now=now)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("state", ["registered", "paused", "degraded", "escalated"])
def test_an_agent_that_is_not_at_work_still_has_its_key(organization, pod, olga, now, state):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state=state)
    assert live(issue(organization, now, agent=agent)[1], now) is not None


def test_last_use_is_noted_once_a_minute(organization, now):
    made, token = issue(organization, now)
    noted = []
    for seconds in (0, 1, 59, 60, 61, 120):
        live(token, now + timedelta(seconds=seconds))
        made.refresh_from_db()
        noted.append((made.last_used_at - now).total_seconds())
    assert noted == [0, 0, 0, 60, 60, 120]


def test_rotation_overlaps_and_then_ends(organization, agent, alice):
    with time_machine.travel("2026-11-19T13:32:00Z", tick=False) as clock:
        old, old_token = issue(organization, timezone.now(), agent=agent)
        new, new_token = keys.rotate(key=old, overlap=HOUR, by=person(alice), now=timezone.now())
        assert (new.agent, new.name, new.scopes, new.replaces, new.expires_at) == (agent, old.name, [], old, None)
        for minutes, both in ((0, True), (59, True), (60, False), (600, False)):
            clock.move_to(f"2026-11-19T{13 + (32 + minutes) // 60}:{(32 + minutes) % 60:02}:00Z")
            assert (live(old_token, timezone.now()) is not None) is both
            assert live(new_token, timezone.now()) == new


def test_rotation_without_overlap_ends_the_old_one_now(organization, now):
    old, token = issue(organization, now)
    keys.rotate(key=old, overlap=timedelta(0), by=SYSTEM, now=now)
    assert live(token, now) is None


def test_rotation_never_lengthens_a_life(organization, now):
    old, token = issue(organization, now, expires_at=now + HOUR)
    keys.rotate(key=old, overlap=timedelta(days=30), by=SYSTEM, now=now)
    old.refresh_from_db()
    assert old.expires_at == now + HOUR
    assert live(token, now + HOUR) is None
    assert audited(old, action="key.rotated")[0].after["expires_at"] == (now + HOUR).isoformat()


def test_a_successor_expires_when_the_old_one_was_to(organization, now):
    """Rotating renews the secret, not the access (P4)."""
    old, _ = issue(organization, now, expires_at=now + timedelta(days=90))
    new, token = keys.rotate(key=old, overlap=HOUR, by=SYSTEM, now=now)
    assert new.expires_at == now + timedelta(days=90)
    assert live(token, now + timedelta(days=90)) is None
    assert audited(new, action="key.issued")[0].after["expires_at"] == new.expires_at.isoformat()


def test_a_successor_may_be_given_an_end_of_its_own(organization, now):
    old, _ = issue(organization, now, expires_at=now + timedelta(days=1))
    new, _ = keys.rotate(key=old, overlap=HOUR, expires_at=now + timedelta(days=365), by=SYSTEM, now=now)
    assert new.expires_at == now + timedelta(days=365)
    with pytest.raises(Invalid) as refused:
        keys.rotate(key=new, overlap=HOUR, expires_at=now, by=SYSTEM, now=now)
    assert [name for name, _ in refused.value.fields] == ["expires_at"]


def test_a_key_is_rotated_once(organization, now):
    """Its own end is the overlap's by then; a successor that takes that for its own would soon be dead."""
    old, _ = issue(organization, now)
    new, _ = keys.rotate(key=old, overlap=HOUR, by=SYSTEM, now=now)
    with pytest.raises(Conflict) as refused:
        keys.rotate(key=old, overlap=HOUR, by=SYSTEM, now=now)
    assert refused.value.code == "already_rotated"
    keys.rotate(key=new, overlap=HOUR, by=SYSTEM, now=now)
    assert ApiKey.objects.count() == 3


def test_a_successor_has_the_same_reach(organization, now):
    old, _ = issue(organization, now, scopes=[KeyScope.HEARTBEATS])
    new, token = keys.rotate(key=old, overlap=HOUR, by=SYSTEM, now=now)
    assert new.scopes == ["heartbeats"]
    assert live(token, now).organization == organization


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=30, seconds=1)])
def test_an_overlap_out_of_bounds(organization, now, overlap):
    old, token = issue(organization, now)
    with pytest.raises(Invalid):
        keys.rotate(key=old, overlap=overlap, by=SYSTEM, now=now)
    assert live(token, now) is not None


def test_a_dead_key_is_not_rotated(organization, now):
    revoked, expired = issue(organization, now)[0], issue(organization, now, expires_at=now + HOUR)[0]
    keys.revoke(key=revoked, by=SYSTEM, now=now)
    for dead in (revoked, expired):
        with pytest.raises(Conflict) as refused:
            keys.rotate(key=dead, overlap=HOUR, by=SYSTEM, now=now + HOUR)
        assert refused.value.code == "key_dead"
    assert ApiKey.objects.count() == 2


WRONG = [
    ({"name": ""}, "name"),
    ({"name": "  "}, "name"),
    ({"name": "x" * 81}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"scopes": ["root"]}, "scopes"),
    ({"scopes": []}, "scopes"),
    ({"expires_at": "now"}, "expires_at"),
]


@pytest.mark.parametrize(("options", "path"), WRONG, ids=str)
def test_what_is_wrong_is_named(organization, now, options, path):
    if "expires_at" in options:
        options = {"expires_at": now}
    with pytest.raises(Invalid) as refused:
        issue(organization, now, **options)
    assert [name for name, _ in refused.value.fields] == [path]
    assert not ApiKey.objects.exists()
    assert not AuditEvent.objects.exists()


def test_an_agents_key_has_no_scopes_and_is_of_this_organisation(organization, agent, other_organization, now):
    with pytest.raises(Invalid) as refused:
        issue(organization, now, agent=agent, scopes=[KeyScope.READ])
    assert [name for name, _ in refused.value.fields] == ["scopes"]
    with pytest.raises(Invalid) as refused:
        issue(other_organization, now, agent=agent)
    assert [name for name, _ in refused.value.fields] == ["agent"]
    made, _ = issue(organization, now, agent=agent)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.filter(pk=made.pk).update(scopes=["read"])


def test_who_may_handle_keys(organization, agent, alice, hugo, lee, olga, vera, charlie, now):
    for by in (person(alice), person(hugo), SYSTEM):
        made, _ = issue(organization, now, by=by)
        successor, _ = keys.rotate(key=made, overlap=HOUR, by=by, now=now)
        keys.revoke(key=successor, by=by, now=now)
    made, token = issue(organization, now)
    for by in (person(lee), person(olga), person(vera), person(charlie), itself(agent), key(*KeyScope)):
        with pytest.raises(Forbidden):
            issue(organization, now, by=by)
        with pytest.raises(Forbidden):
            keys.rotate(key=made, overlap=HOUR, by=by, now=now)
        with pytest.raises(Forbidden):
            keys.revoke(key=made, by=by, now=now)
    assert live(token, now) == made
