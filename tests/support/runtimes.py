"""For the tests of the demo's runtimes: an end for a fleet that has none, and a server that answers what it is told."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Until:
    """Stands for the event that ends a fleet: set once ``done`` says so. Fails the test after ``seconds``."""

    def __init__(self, done: Callable[[], bool], seconds: float = 30) -> None:
        self._done = done
        self._deadline = time.monotonic() + seconds

    def is_set(self) -> bool:
        assert time.monotonic() < self._deadline, "the fleet did not get there in time"
        return self._done()

    def wait(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.02))


class Stub:
    """Answers as ``script`` says, then as ``by_path`` does, then 200 with orders; keeps what it was sent."""

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.by_path: dict[str, Any] = {}
        self.seen: list[dict[str, Any]] = []
        self.connections = 0
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                stub.connections += 1
                super().setup()

            def do_GET(self) -> None:  # noqa: N802  the library's name
                self._answer({})

            def do_POST(self) -> None:  # noqa: N802
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: dict[str, Any]) -> None:
                once = self.headers.get("Idempotency-Key")
                stub.seen.append(body | {"key": self.headers["Authorization"], "path": self.path, "once": once})
                status, answer = stub.script.pop(0) if stub.script else stub.by_path.get(self.path, (200, orders()))
                if status == "hang up":
                    self.close_connection = True
                    return
                raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def sent(self, path: str) -> list[dict[str, Any]]:
        return [sent for sent in self.seen if sent["path"] == path]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def orders(**changes: Any) -> dict[str, Any]:
    """What a heartbeat is answered."""
    return {
        "received_at": "2026-11-19T13:32:00Z",
        "next_heartbeat_due": "2026-11-19T13:33:00Z",
        "desired_state": "work",
        "on_duty": True,
        "in_grace": False,
        "current_state": "ready",
        "reason": "",
        "next_event": None,
        "work_waiting": False,
        "lease": None,
        "commands": [],
        **changes,
    }


def write_keys(file: Path, key: str, agents: int = 1) -> None:
    rows = [{"agent_id": f"{n:032x}", "agent_name": f"a{n}", "key": key} for n in range(agents)]
    file.write_text(json.dumps({"agents": rows}))
