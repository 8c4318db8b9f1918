"""The demo's runtimes at work: tasks really claimed and done, put down when told, and no more than was found (O1)."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from budgets.models import Caps, Usage
from config.demo import agent as player
from config.demo import errands, hands, runtime
from config.demo.agent import Agent
from config.demo.runtime import Fleet
from tests.support.actors import SYSTEM, person
from tests.support.runtimes import Stub, Until, orders, write_keys
from tests.support.work import give, state_of
from workforce import models
from workforce.models import Command, Presence, Task, WorkReport
from workforce.services import keys as key_service
from workforce.services import lifecycle, tasks

DIGEST = hashlib.sha256(b"punchcard").hexdigest()


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch):
    for name in ("FIRST_SPREAD_S", "FIRST_BACK_OFF_S", "LONGEST_BACK_OFF_S"):
        monkeypatch.setattr(runtime, name, 0.02)
    for name in ("ON_DUTY_MOST_S", "OFF_DUTY_S", "CONFIRM_S", "REST_S"):
        monkeypatch.setattr(player, name, 0.02)
    monkeypatch.setattr(hands, "STEP_S", 0.02)


# ---- against the real API -------------------------------------------------------------------------------------------


@pytest.fixture
def enlist(live_server, tmp_path) -> Callable[..., Fleet]:
    """A fleet that speaks for these agents."""

    def make(*agents: models.Agent) -> Fleet:
        rows = []
        for one in agents:
            key = key_service.issue(
                organization=one.organization, agent=one, name="Runtime", by=SYSTEM, now=timezone.now()
            )[1]
            rows.append({"agent_id": str(one.pk), "agent_name": one.agent_name, "key": key})
        (tmp_path / "keys.json").write_text(json.dumps({"agents": rows}))
        return Fleet(url=live_server.url, keys=tmp_path / "keys.json")

    return make


def _status(task: Task) -> str:
    return Task.objects.values_list("status", flat=True).get(pk=task.pk)


@pytest.mark.django_db(transaction=True)
def test_tasks_are_claimed_done_and_reported(enlist, agent, olga):
    now = timezone.now()
    fetched = give(agent, "Is it awake?", description="Please look.\n\nFetch /healthz\nSHA-256: punchcard", now=now)
    in_title = give(agent, "sha256: punchcard", now=now)
    missing = give(agent, "Read the press page", description="Count the words of /press", now=now)
    foreign = give(agent, "Translate the notes into Danish", now=now)
    given = (fetched, in_title, missing, foreign)

    def tried() -> bool:
        return all(Task.objects.get(pk=task.pk).started_at for task in given) and state_of(agent) != "executing"

    enlist(agent).run(Until(tried))
    for task in given:
        task.refresh_from_db()
    assert fetched.result == (
        f"Fetch /healthz: answered 200, application/json, 19 bytes\nSHA-256 “punchcard”: {DIGEST}"
    )
    assert (fetched.status, fetched.percent_complete) == ("completed", 100)
    assert (in_title.status, in_title.result) == ("completed", f"sha256 “punchcard”: {DIGEST}")
    assert (missing.status, missing.failures, missing.last_error) == ("queued", 1, "/press answered 404.")
    assert missing.waits_until is not None
    assert (foreign.status, foreign.blocker_code, foreign.unblock_user) == ("blocked", "waiting_input", olga)
    assert foreign.blocker_note.startswith("No line of this is a job that is known here.")
    kinds = WorkReport.objects.order_by("reported_at").values_list("kind", flat=True)
    assert list(kinds) == ["completed", "completed", "failed", "blocked"]
    assert {task.lease_token for task in given} == {1}


@pytest.mark.django_db(transaction=True)
def test_what_was_used_is_reported_for_what_it_is(enlist, agent):
    """Words it read and wrote, under a name that is no model's, once for each piece of work."""
    job = "Please look.\n\nCount the words: one two three\nCount the lines of README.md"
    done = give(agent, "Counts", description=job, now=timezone.now())
    foreign = give(agent, "Translate the notes into Danish", now=timezone.now())
    enlist(agent).run(Until(lambda: _status(done) == "completed" and _status(foreign) == "blocked"))
    done.refresh_from_db()
    used = {usage.task_id: usage for usage in Usage.objects.all()}
    assert used.keys() == {done.pk, foreign.pk}
    usage = used[done.pk]
    assert (usage.key, usage.model, usage.agent_id) == (f"task-{done.pk}-1", "demo-runtime", agent.pk)
    readme = len((hands._ROOT / "README.md").read_bytes().split())
    assert usage.input_tokens == len(job.split()) + readme
    assert usage.output_tokens == len(done.result.split())
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (0, 0)
    assert (used[foreign.pk].input_tokens, used[foreign.pk].output_tokens) == (5, 0)
    assert Caps.objects.get(agent=agent).daily_used == sum(one.counted_tokens for one in used.values())


@pytest.mark.django_db(transaction=True)
def test_work_that_takes_it_to_its_cap_is_ended_and_then_nothing_new_begins(enlist, agent):
    Caps.objects.create(agent=agent, daily_tokens=8, on_cap="skip")
    first = give(agent, "First", description="Count the words: one two three four", now=timezone.now())
    second = give(agent, "Second", description="Count the words: one", now=timezone.now())
    fleet = enlist(agent)
    fleet.run(Until(lambda: _status(first) == "completed"))
    fleet.run(Until(lambda: fleet.agents[0].orders.get("desired_state") != "work" or fleet.agents[0].claim_from > 0))
    second.refresh_from_db()
    assert (second.status, second.lease_token) == ("queued", 0)
    assert Usage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_missing_is_written_and_the_work_goes_on(enlist, agent, alice):
    now = timezone.now()
    task = give(agent, "Count the minutes' words", description="Count the words:", now=now)
    fleet = enlist(agent)
    fleet.run(Until(lambda: _status(task) == "blocked"))
    at = {"organization": agent.organization, "task_id": task.pk, "by": person(alice), "now": timezone.now()}
    tasks.edit(**at, changes={"description": "Count the words:\nOn Tuesday it rained."})
    tasks.unblock(**at)
    fleet.run(Until(lambda: _status(task) == "completed"))
    task.refresh_from_db()
    assert task.result == "Count the words “On Tuesday it rained.”: 4 words, 4 of them different"


@pytest.mark.django_db(transaction=True)
def test_cancelled_while_it_is_worked_on(enlist, agent, alice):
    long = give(agent, "Twelve looks", description="Fetch /healthz\n" * 12, now=timezone.now())
    fleet = enlist(agent)
    (runs,) = fleet.agents
    fleet.run(Until(lambda: bool(Task.objects.get(pk=long.pk).percent_complete)))
    assert "At work on “Twelve looks”" in Presence.objects.get(agent=agent).summary
    assert Presence.objects.get(agent=agent).work_mode == "executing"

    after = give(agent, "sha256: punchcard", now=timezone.now())
    tasks.cancel(
        organization=agent.organization,
        task_id=long.pk,
        reason="Not needed.",
        by=person(alice),
        now=timezone.now(),
    )
    fleet.run(Until(lambda: _status(after) == "completed" and not runs.to_confirm))
    long.refresh_from_db()
    assert (long.status, long.result) == ("cancelled", "")
    assert 0 < long.percent_complete < 100
    assert not WorkReport.objects.filter(task=long).exists()
    assert Command.objects.get(task_id=long.pk).acknowledged_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_pause_keeps_it_in_hand_and_a_resume_goes_on(enlist, agent, alice):
    task = give(agent, "Four looks", description="Fetch /healthz\n" * 12, now=timezone.now())
    fleet = enlist(agent)
    (runs,) = fleet.agents
    fleet.run(Until(lambda: bool(Task.objects.get(pk=task.pk).percent_complete)))
    at = {"organization": agent.organization, "agent_id": agent.pk, "by": person(alice)}
    lifecycle.transition(**at, to="paused", reason="Look at this first.", now=timezone.now())
    fleet.run(Until(lambda: runs.orders["desired_state"] == "pause" and not runs.to_confirm))
    done = Task.objects.get(pk=task.pk)

    def kept() -> bool:
        task.refresh_from_db()
        return task.lease_expires_at is not None and task.lease_expires_at > done.lease_expires_at

    fleet.run(Until(kept))
    assert (task.status, task.percent_complete) == ("in_progress", done.percent_complete)
    assert "Look at this first." in Presence.objects.get(agent=agent).summary

    lifecycle.transition(**at, to="ready", now=timezone.now())
    fleet.run(Until(lambda: _status(task) == "completed"))
    task.refresh_from_db()
    assert len(task.result.splitlines()) == 12
    assert task.lease_token == 1


@pytest.mark.django_db(transaction=True)
def test_who_has_nothing_to_do_finds_something_but_never_two_at_once(enlist, agent, monkeypatch):
    monkeypatch.setattr(errands, "EVERY_S", 0.0)
    fleet = enlist(agent)
    most = []

    def done() -> bool:
        most.append(Task.objects.open().count())
        return Task.objects.filter(status="completed", type="continue").exists()

    fleet.run(Until(done))
    assert max(most) == 1
    found = list(Task.objects.order_by("created_at"))
    assert [task.created_by_kind for task in found] == ["agent"] * len(found)
    again = next(task for task in found if task.type == "continue")
    assert again.title == f"Once more: {again.continues.title}"
    assert again.description == again.continues.description
    assert "answered 200" in found[0].result

    open_for_days = give(agent, "Translate the notes", now=timezone.now())
    fleet.run(Until(lambda: _status(open_for_days) == "blocked"))
    count = Task.objects.count()
    fleet.run(Until(lambda: fleet.agents[0].errand_from > 0))
    assert Task.objects.count() == count


# ---- against a server that misbehaves -------------------------------------------------------------------------------


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


@pytest.fixture
def fleet(stub, tmp_path) -> Fleet:
    write_keys(tmp_path / "keys.json", "k")
    return Fleet(url=stub.url, keys=tmp_path / "keys.json")


WAITING = orders(work_waiting=True)
LEASED = orders(lease={"task_id": "t1", "expires_at": "2026-11-19T13:33:00Z"}, current_state="executing")
CLAIM, REPORT, USAGE = "/api/work/claim", "/api/work/t1/complete", "/api/usage"


def claimed(job: str, task_id: str = "t1") -> tuple[int, dict[str, Any]]:
    return 200, {"task": {"id": task_id, "title": "A task", "description": job}, "token": 7}


def test_a_lost_answer_to_a_claim_is_asked_for_again(stub, fleet):
    stub.script = [(200, WAITING), ("hang up", None), (503, {}), claimed("SHA-256: punchcard"), (200, LEASED)]
    fleet.run(Until(lambda: bool(stub.sent(REPORT))))
    claims = stub.sent(CLAIM)
    assert len({sent["once"] for sent in claims}) == 1
    assert len(claims) == 3
    (report,) = stub.sent(REPORT)
    assert (report["token"], report["result"]) == (7, f"SHA-256 “punchcard”: {DIGEST}")


def test_a_lost_answer_to_a_report_is_asked_for_again_with_the_same_words(stub, fleet):
    stub.script = [(200, WAITING), claimed("SHA-256: punchcard"), (200, LEASED), (200, {}), (500, {}), (429, {})]
    fleet.run(Until(lambda: len(stub.sent(REPORT)) >= 3))
    assert len({(sent["once"], sent["result"]) for sent in stub.sent(REPORT)}) == 1


def test_usage_is_reported_before_the_end_and_a_lost_answer_asked_for_with_the_same_key(stub, fleet):
    stub.script = [(200, WAITING), claimed("SHA-256: one two"), (200, LEASED), ("hang up", None), (503, {})]
    fleet.run(Until(lambda: bool(stub.sent(REPORT))))
    sent = stub.sent(USAGE)
    assert len(sent) == 3
    assert all(one == sent[0] for one in sent)
    wanted = {"model": "demo-runtime", "task_id": "t1", "input_tokens": 3, "output_tokens": 4}
    assert {name: sent[0][name] for name in wanted} == wanted
    paths = [one["path"] for one in stub.seen]
    assert paths.index(REPORT) == len(paths) - 1 - paths[::-1].index(USAGE) + 1


@pytest.mark.parametrize("status", [400, 409])
def test_usage_that_is_refused_does_not_keep_the_work_from_its_end(stub, fleet, status):
    stub.by_path[USAGE] = (status, {"code": "key_reused"})
    stub.script = [(200, WAITING), claimed("SHA-256: punchcard"), (200, LEASED)]
    fleet.run(Until(lambda: bool(stub.sent(REPORT))))
    assert len(stub.sent(USAGE)) == 1


def test_a_report_that_never_gets_through_is_given_up_and_the_others_go_on(stub, fleet, capsys):
    stub.by_path[REPORT] = (500, {})
    stub.script = [(200, WAITING), claimed("SHA-256: punchcard"), (200, LEASED)]
    fleet.run(Until(lambda: "gives up" in capsys.readouterr().out))
    assert len(stub.sent(REPORT)) == runtime.MOST_TRIES
    fleet.run(Until(lambda: stub.seen[-1]["path"] == "/api/heartbeats"))


def test_a_report_that_comes_too_late_is_let_go(stub, fleet, capsys):
    stub.by_path[REPORT] = (409, {"code": "stale_token"})
    stub.script = [(200, WAITING), claimed("SHA-256: punchcard"), (200, LEASED)]
    fleet.run(Until(lambda: bool(stub.sent(REPORT)) and stub.seen[-1]["path"] == "/api/heartbeats"))
    assert len(stub.sent(REPORT)) == 1
    assert fleet.agents[0].work is None
    assert "Too late for “A task”." in capsys.readouterr().out


@pytest.mark.parametrize(
    "taken",
    [
        orders(),
        orders(lease={"task_id": "t2", "expires_at": "2026-11-19T13:33:00Z"}),
        orders(lease=LEASED["lease"], desired_state="stop"),
        orders(lease=LEASED["lease"], desired_state="pause", on_duty=False),
    ],
    ids=["lease over", "another's", "stop", "sent home"],
)
def test_what_is_taken_away_is_put_down_without_a_word(stub, fleet, taken):
    stub.script = [(200, WAITING), claimed("SHA-256: punchcard"), (200, taken)]
    fleet.run(Until(lambda: len(stub.sent("/api/heartbeats")) >= 4))
    assert stub.sent(REPORT) == []
    assert fleet.agents[0].work is None


def test_off_duty_it_finishes_where_it_may(stub, fleet):
    going = orders(lease=LEASED["lease"], on_duty=False, reason="Off duty: finish what is running.")
    stub.script = [(200, WAITING), claimed("SHA-256: punchcard"), (200, going)]
    fleet.run(Until(lambda: bool(stub.sent(REPORT))))


def test_no_claim_before_it_was_told_to_ask_again(stub, fleet):
    nothing = {"task": None, "token": None, "reason": "staggered", "ask_again_at": "2026-11-19T13:32:40Z"}
    stub.script = [(200, WAITING), (200, nothing), *[(200, WAITING)] * 5]
    fleet.run(Until(lambda: len(stub.seen) >= 7))
    assert len(stub.sent(CLAIM)) == 1
    assert 30 < fleet.agents[0].claim_from - time.monotonic() <= 40


def test_pages_are_fetched_without_the_key_over_the_one_connection(stub, fleet):
    stub.by_path["/x"] = (404, b"gone")
    stub.script = [(200, WAITING), claimed("Fetch /x"), (200, LEASED)]
    fleet.run(Until(lambda: bool(stub.sent(REPORT))))
    (page,) = stub.sent("/x")
    assert page["key"] is None
    assert stub.sent(REPORT)[0]["result"] == "Fetch /x: answered 404, of no named kind, 4 bytes"
    assert stub.connections == 1


@pytest.mark.parametrize("status", [500, "hang up"], ids=str)
def test_a_page_that_breaks_is_a_result_or_a_failure(stub, fleet, status):
    stub.by_path["/x"] = (status, b"")
    stub.script = [(200, WAITING), claimed("Fetch /x"), (200, LEASED)]
    fleet.run(Until(lambda: bool(stub.sent(REPORT) or stub.sent("/api/work/t1/fail"))))
    if status == 500:
        assert "answered 500" in stub.sent(REPORT)[0]["result"]
    else:
        assert stub.sent("/api/work/t1/fail")[0]["error"]


def test_a_long_pause_ends_with_putting_it_down():
    agent = Agent("0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01", "a", "k")
    agent.claimed(claimed("SHA-256: x")[1], 0.0)
    agent.obey(LEASED | {"desired_state": "pause"})
    shelf: Any = None
    assert agent.next_call(shelf, 100.0).what == "extend"
    assert agent.next_call(shelf, 100.0 + hands.KEPT_S - 1).what == "extend"
    assert agent.next_call(shelf, 100.0 + hands.KEPT_S) is None
    assert agent.work is None
