"""``manage.py up``: one command starts everything, one signal ends it, and refusals are one sentence."""

import os
import signal
import socket
from typing import Any

import pytest

from tests.config.conftest import Checkout, Running, alive, eventually


def up(house: Checkout, port: int, *more: str, **env: str) -> Running:
    return house.start("manage.py", "up", "--port", str(port), *more, PUNCHCARD_NO_VENV="1", **env)


def is_up(house: Checkout, running: Running) -> dict[str, Any]:
    running.says("Punchcard is running at")
    eventually(lambda: len(house.told().get("children", {})) >= 3, what="the pids in up.json")
    return house.told()


def refusal(running: Running) -> str:
    """What it says when it cannot go on: the last line, and never a traceback."""
    assert running.ends() == 1
    assert "Traceback" not in running.text
    return running.text.splitlines()[-1]


def test_it_starts_everything_and_says_the_address_last(house: Checkout, port: int) -> None:
    running = up(house, port)
    told = is_up(house, running)
    eventually(lambda: sorted(house.order("start")) == ["beat", "demo", "prepare", "web", "worker"])
    assert house.order("start")[0] == "prepare"
    assert house.order("start")[-1] == "demo"
    assert told["pid"] == running.pid
    assert (told["url"], told["port"], told["ready"]) == (f"http://127.0.0.1:{port}", port, True)
    pids = {who: pid for who, what, pid in house.events if what == "start" and who != "prepare"}
    eventually(lambda: house.told()["children"] == pids, what=f"{pids}")
    assert running.text.splitlines()[-1] == f"Punchcard is running at http://127.0.0.1:{port}/ (Ctrl-C stops it)"


def test_ctrl_c_ends_everything_in_order_and_leaves_no_trace(house: Checkout, port: int) -> None:
    running = up(house, port)
    told = is_up(house, running)
    eventually(lambda: "demo" in house.order("start"))
    running.signal(signal.SIGINT)
    assert running.ends() == 0
    assert house.order("stop") == ["demo", "beat", "web", "worker"]
    assert not any(alive(pid) for pid in told["children"].values())
    assert not (house.state / "up.json").exists()
    assert running.text.splitlines()[-1] == "Stopped."


def test_passwords_are_shown_once_then_only_where_they_are(house: Checkout, port: int) -> None:
    first = up(house, port)
    is_up(house, first)
    assert "correct-horse" in first.text
    first.signal(signal.SIGTERM)
    assert first.ends() == 0
    second = up(house, port)
    is_up(house, second)
    assert "correct-horse" not in second.text
    assert "Sign-ins are in .punchcard/sign-ins.txt" in second.text


def test_without_the_demo_no_demo_runs(house: Checkout, port: int) -> None:
    running = up(house, port, "--no-demo")
    assert set(is_up(house, running)["children"]) == {"web", "worker", "beat"}
    running.signal(signal.SIGTERM)
    assert running.ends() == 0
    assert "no-demo" in {what for _, what, _ in house.events}
    assert "demo" not in house.order("start")


def test_a_second_up_in_the_same_checkout_is_refused_and_the_first_goes_on(house: Checkout, port: int) -> None:
    first = up(house, port)
    told = is_up(house, first)
    second = up(house, port + 1)
    said = refusal(second)
    assert said == second.text.strip()
    assert "already running" in said
    assert f"http://127.0.0.1:{port}" in said
    assert f"`kill {first.pid}`" in said
    assert all(alive(pid) for pid in told["children"].values())


def test_after_a_kill_the_next_one_starts_and_nothing_runs_twice(house: Checkout, port: int) -> None:
    first = up(house, port)
    old = is_up(house, first)["children"]
    first.signal(signal.SIGKILL)
    first.ends()
    second = up(house, port)
    new = is_up(house, second)["children"]
    assert not set(old.values()) & set(new.values())
    assert not any(alive(pid) for pid in old.values())


def test_what_outlived_a_kill_is_ended_before_the_next_start(house: Checkout, port: int) -> None:
    first = up(house, port)
    is_up(house, first)
    house.write(
        "orphan.py", "import os, time\nos.setsid()\nopen('orphan', 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    house.start("orphan.py", PUNCHCARD_UP=str(house.state))  # as a descendant that nothing ends with its parent
    orphan = int(eventually(lambda: (house.root / "orphan").exists() and (house.root / "orphan").read_text()))
    first.signal(signal.SIGKILL)
    first.ends()
    is_up(house, up(house, port))
    assert not alive(orphan)


def test_a_taken_port_is_one_sentence_that_names_another(house: Checkout, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        running = up(house, port)
        said = refusal(running)
    assert said == running.text.strip()
    assert f"Port {port} is taken" in said
    assert f"--port {port + 1}" in said
    assert house.events == []


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_refused(house: Checkout, port: int, host: str) -> None:
    running = up(house, port, "--host", host)
    assert host in refusal(running)
    assert len(running.text.splitlines()) == 1


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "8000.0", "9" * 5000])
def test_a_port_is_a_number_in_range(house: Checkout, port: str) -> None:
    done = house.run("manage.py", "up", f"--port={port}", PUNCHCARD_NO_VENV="1")
    assert done.returncode == 2
    assert "a port is a number from 1 to 65535" in done.stderr


def test_a_database_step_that_refuses_is_not_talked_over(house: Checkout, port: int) -> None:
    running = up(house, port, FAKE_PREPARE="refuses")
    assert refusal(running) == "The database was made by a newer version."
    assert house.order("start") == ["prepare"]


def test_a_database_step_that_is_killed_is_told(house: Checkout, port: int) -> None:
    assert "Preparing the database was ended by SIGKILL" in refusal(up(house, port, FAKE_PREPARE="crashes"))


def test_ctrl_c_while_the_database_is_prepared_ends_that_too(house: Checkout, port: int) -> None:
    running = up(house, port, FAKE_PREPARE="hangs")
    eventually(lambda: house.order("start"), what="the database step")
    running.signal(signal.SIGINT)
    assert running.ends() == 0
    assert not alive(house.events[0][2])
    assert house.order("start") == ["prepare"]


def test_a_web_process_that_fails_shows_its_log_and_ends_everything(house: Checkout, port: int) -> None:
    running = up(house, port, FAKE_WEB="crashes")
    assert "The web process ended while starting" in refusal(running)
    assert "  | ImportError: no such thing" in running.text
    assert not any(alive(pid) for _, _, pid in house.events)


def test_a_killed_worker_comes_back(house: Checkout, port: int) -> None:
    running = up(house, port)
    old = is_up(house, running)["children"]["worker"]
    os.kill(old, signal.SIGKILL)
    eventually(lambda: house.told()["children"].get("worker", old) != old, what="another worker")
    assert "worker was ended by SIGKILL" in running.text


def test_the_state_folder_is_its_users_only(house: Checkout, port: int) -> None:
    house.state.mkdir(mode=0o755)
    is_up(house, up(house, port))
    assert house.state.stat().st_mode & 0o777 == 0o700
    assert (house.state / "secret-key").stat().st_mode & 0o777 == 0o600
