"""Child processes are started, restarted, and ended in order, whatever is killed."""

import os
import signal
import sys
from pathlib import Path
from subprocess import Popen

import pytest

from config.supervisor import LOG_BYTES, Child, Signals, Supervisor, bound_log
from tests.config.conftest import PROGRAM, ROOT, Checkout, Running, alive, eventually

#: argv: seconds between SIGTERM and SIGKILL, then NAME=SCRIPT in the order of starting.
DRIVER = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from config.supervisor import Child, Signals, Stopped, Supervisor
here = Path.cwd()
with Signals() as signals:
    supervisor = Supervisor(signals, cwd=here, env=os.environ, stop_order=["c", "b", "a"],
        stop_seconds=float(sys.argv[1]), changed=lambda pids: (here / "pids").write_text(repr(pids)))
    try:
        for named in sys.argv[2:]:
            name, script = named.split("=")
            supervisor.start(Child(name, [sys.executable, script, name], here / (name + ".log"), endless=name != "c"))
        print("Started.", flush=True)
        supervisor.watch()
    except Stopped:
        print("Stopping.", flush=True)
    finally:
        supervisor.stop()
print("Stopped.", flush=True)
"""


@pytest.fixture
def driver(checkout: Checkout) -> Checkout:
    checkout.write("driver.py", DRIVER)
    program = PROGRAM + "name = sys.argv[1]\n"
    checkout.write("lives.py", program + "live()\n")
    checkout.write("fails.py", program + 'note("start")\nprint(\'{"message": "out of paper"}\')\nsys.exit(7)\n')
    checkout.write("finishes.py", program + 'note("start")\n')
    checkout.write(
        "stubborn.py",
        program
        + "signal.signal(signal.SIGTERM, lambda *_: note('asked'))\nnote('start')\nwhile True: time.sleep(60)\n",
    )
    checkout.write(
        "parent.py",
        program + "import subprocess\nsubprocess.Popen([sys.executable, 'lives.py', 'grandchild'])\nlive()\n",
    )
    return checkout


def started(driver: Checkout, *names: str) -> dict[str, int]:
    """The pids by name once all of these run."""
    eventually(lambda: set(names) <= set(driver.order("start")), what=f"a start of {names}")
    return {who: pid for who, what, pid in driver.events if what == "start"}


def start(driver: Checkout, *named: str, stop_seconds: float = 10) -> Running:
    running = driver.start("driver.py", str(stop_seconds), *named)
    running.says("Started.")
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_its_children_in_the_order_given(driver: Checkout, number: int) -> None:
    running = start(driver, "a=lives.py", "b=lives.py", "c=lives.py")
    pids = started(driver, "a", "b", "c")
    running.signal(number)
    assert running.ends() == 0
    assert driver.order("stop") == ["c", "b", "a"]
    assert not any(alive(pid) for pid in pids.values())


def test_a_killed_child_is_started_again_and_that_is_said_in_one_line(driver: Checkout) -> None:
    running = start(driver, "a=lives.py", "b=lives.py")
    first = started(driver, "a", "b")
    os.kill(first["a"], signal.SIGKILL)
    eventually(lambda: driver.order("start").count("a") == 2, what="a second start")
    said = [line for line in running.text.splitlines() if line.startswith("a ")]
    assert len(said) == 1
    assert "SIGKILL" in said[0]
    assert "in 1 s" in said[0]
    assert str(driver.root / "a.log") in said[0]
    assert alive(first["b"])
    eventually(lambda: str(started(driver, "a")["a"]) in (driver.root / "pids").read_text(), what="the new pid")


def test_a_child_that_keeps_failing_is_started_less_and_less_often(driver: Checkout) -> None:
    running = start(driver, "a=fails.py")
    running.says("in 2 s")
    first, second = (line for line in running.text.splitlines() if line.startswith("a "))
    assert "ended with code 7" in first
    assert "out of paper (starting it again in 1 s" in first
    assert "in 2 s" in second


def test_a_child_that_has_nothing_more_to_do_is_left_alone(driver: Checkout) -> None:
    running = start(driver, "a=lives.py", "c=finishes.py")
    running.says("c has nothing more to do")
    running.signal(signal.SIGTERM)
    assert running.ends() == 0
    assert driver.order("start").count("c") == 1


def test_children_die_with_a_killed_supervisor(driver: Checkout) -> None:
    running = start(driver, "a=lives.py", "b=lives.py")
    pids = started(driver, "a", "b")
    running.signal(signal.SIGKILL)
    eventually(lambda: not any(alive(pid) for pid in pids.values()), what="the children's end")
    assert sorted(driver.order("stop")) == ["a", "b"]


def test_a_child_that_does_not_stop_is_killed_after_a_bound(driver: Checkout) -> None:
    running = start(driver, "a=stubborn.py", stop_seconds=0.3)
    pid = started(driver, "a")["a"]
    running.signal(signal.SIGTERM)
    assert running.ends() == 0
    assert driver.order("asked") == ["a"]
    assert not alive(pid)


def test_a_second_ctrl_c_kills_at_once(driver: Checkout) -> None:
    running = start(driver, "a=stubborn.py", "b=stubborn.py", stop_seconds=60)
    pids = started(driver, "a", "b")
    running.signal(signal.SIGINT)
    eventually(lambda: driver.order("asked"), what="the orderly stop")
    eventually(lambda: running.process.poll() is not None or running.signal(signal.SIGINT), what="the hard stop")
    assert not any(alive(pid) for pid in pids.values())
    assert "Traceback" not in running.text


def test_what_a_child_started_ends_with_it(driver: Checkout) -> None:
    running = start(driver, "a=parent.py")
    pids = started(driver, "a", "grandchild")
    os.kill(pids["a"], signal.SIGKILL)
    eventually(lambda: not alive(pids["grandchild"]), what="the grandchild's end")
    eventually(lambda: driver.order("start").count("grandchild") == 2, what="a new grandchild")
    running.signal(signal.SIGTERM)
    assert running.ends() == 0
    assert not alive(started(driver, "grandchild")["grandchild"])


def test_under_nohup_a_closed_terminal_changes_nothing(driver: Checkout) -> None:
    driver.write(
        "nohup.py",
        "import os, signal, sys\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n",
    )
    running = driver.start("nohup.py", "driver.py", "10", "a=lives.py")
    first = started(driver, "a")["a"]
    running.signal(signal.SIGHUP)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: driver.order("start").count("a") == 2, what="a second start")
    assert "Stopping." not in running.text


def test_a_program_that_cannot_be_started_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child = Child("a", [str(tmp_path / "nowhere")], tmp_path / "a.log")
    with Signals() as signals:
        Supervisor(signals, cwd=tmp_path, env={}, stop_order=["a"]).start(child)
    assert child.start_again_at is not None
    assert "could not be started" in capsys.readouterr().out


def test_a_log_is_bounded_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * (LOG_BYTES + 1))
        bound_log(log)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "web.log.1").stat().st_size == LOG_BYTES + 1
    bound_log(log)
    assert log.read_bytes() == b"after"


def test_the_supervisor_carries_neither_django_nor_celery() -> None:
    loaded = "import sys, config.bootstrap; print([m for m in sys.modules if m.startswith(('django', 'celery'))])"
    with Popen([sys.executable, "-c", loaded], cwd=ROOT, stdout=-1) as process:
        assert process.communicate()[0].strip() == b"[]"
