"""The documented proxy in front of the documented server: clients that send half and wait keep nobody else out."""

import http.client
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.scratch import ROOT, House, scratch_house, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed (apt-get install nginx-light)"),
]

NAME = "punchcard.example"
SLOW = 200
#: Requests whose view would sit waiting for the rest: the token of a form is looked for before anything is refused.
_FORM = (
    b"POST /sign-in HTTP/1.1\r\nHost: punchcard.example\r\nOrigin: https://punchcard.example\r\n"
    b"Cookie: csrftoken=abcdefghijklmnopqrstuvwxyz012345\r\nContent-Type: application/x-www-form-urlencoded\r\n"
)
HALVES = {"half a header": _FORM, "half a body": _FORM + b"Content-Length: 100000\r\n\r\nusername=a"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Front:
    """nginx with ``docs/deploy/nginx.conf``; only ports, paths and the pid file are ours."""

    def __init__(self, folder: Path, *, upstream: int) -> None:
        self.port = free_port()
        self.certificate = folder / "fullchain.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}",
             "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", folder / "privkey.pem", "-out", self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        site = (ROOT / "docs" / "deploy" / "nginx.conf").read_text()
        for ours, theirs in (
            ("/etc/punchcard/tls", str(folder)),
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("127.0.0.1:8001", f"127.0.0.1:{upstream}"),
            ("    server 127.0.0.1:8002 max_fails=2 fail_timeout=5s;\n", ""),
        ):
            assert ours in site, f"docs/deploy/nginx.conf no longer says {ours!r}"
            site = site.replace(ours, theirs)
        (folder / "site.conf").write_text(site)
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"pid {folder}/nginx.pid; daemon off; error_log {folder}/nginx.log; events {{ worker_connections 1024; }}\n"
            f"http {{ access_log off; client_body_temp_path {folder}/body; {temporary} include {folder}/site.conf; }}\n"
        )
        self.command = ["nginx", "-e", str(folder / "nginx.log"), "-c", str(folder / "nginx.conf")]

    def connect(self, timeout: float) -> ssl.SSLSocket:
        trusted = ssl.create_default_context(cafile=self.certificate)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        return trusted.wrap_socket(plain, server_hostname=NAME)

    def get(self, path: str, timeout: float = 5.0) -> int:
        with self.connect(timeout) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            answer.read()
            return answer.status

    def answers(self) -> bool:
        try:
            return self.get("/readyz") == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("production")
    folder.parent.chmod(0o755)  # nginx's workers drop their rights and still write bodies here
    with scratch_house(folder) as house:
        yield _open(house, folder)


def _open(house: House, folder: Path) -> Front:
    """As in production: no embedding, one server process with four threads, the proxy trusted for one hop."""
    house.environment |= {"PUNCHCARD_EMBEDDED": "0", "ALLOWED_HOSTS": NAME, "PUNCHCARD_TRUSTED_PROXIES": "1"}
    house.environment["STATIC_ROOT"] = str(folder / "static")
    house.run("-m", "django", "collectstatic", "--noinput", "--verbosity", "0")
    upstream = free_port()
    house.start(
        "web", "-m", "granian", "--interface", "wsgi", "config.wsgi:application",
        "--host", "127.0.0.1", "--port", str(upstream), "--workers", "1", "--blocking-threads", "4",
    )  # fmt: skip
    front = Front(folder, upstream=upstream)
    with (folder / "front.log").open("ab") as log:
        house.running.append(
            subprocess.Popen(front.command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        )
    wait_for("the first answer through the proxy", front.answers, seconds=60)
    return front


@pytest.mark.parametrize("half", HALVES)
def test_others_are_answered_within_a_second(front: Front, half: str) -> None:
    with ExitStack() as waiting:
        for _ in range(SLOW):
            waiting.enter_context(front.connect(timeout=10)).sendall(HALVES[half])
        taken = []
        for path, expected in (("/readyz", 200), ("/api/agents", 401), ("/sign-in?next=/", 200)):
            began = time.perf_counter()
            assert front.get(path) == expected
            taken.append(time.perf_counter() - began)
        assert max(taken) < 1.0


def test_a_silent_client_is_sent_away(front: Front) -> None:
    """nginx ends it after ten seconds of silence, with 408 or without a word."""
    with front.connect(timeout=20) as connection:
        connection.sendall(HALVES["half a body"])
        began = time.monotonic()
        answer = connection.recv(1000)
        assert answer == b"" or b" 408 " in answer
        assert time.monotonic() - began < 15
