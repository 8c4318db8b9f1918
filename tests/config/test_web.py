"""The embedded web server answers while others dawdle."""

import http.client
import signal
import socket
import time
from contextlib import ExitStack

from tests.config.conftest import ROOT, Checkout, eventually

DAWDLERS = 200


def ask(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_clients_that_send_half_a_request_and_wait_keep_nobody_out(checkout: Checkout, port: int) -> None:
    running = checkout.start(
        "-m", "config.web", "--port", str(port),
        PYTHONPATH=str(ROOT), PYTHONSAFEPATH="1",
        SECRET_KEY="x" * 50, PUNCHCARD_EMBEDDED="1", PUNCHCARD_STATE_DIR=str(checkout.state),
    )  # fmt: skip
    eventually(lambda: ask(port) == 200 or running.process.poll() is not None, seconds=30, what="an answer")
    with ExitStack() as stack:
        for number in range(DAWDLERS):
            dawdler = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            head = b"POST /api/heartbeats HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
            dawdler.sendall(head if number % 2 else head + b"\r\n{")
        began = time.monotonic()
        assert ask(port) == 200
        assert time.monotonic() - began < 1
    running.signal(signal.SIGTERM)
    assert running.ends() == 0
    assert "Traceback" not in running.text
