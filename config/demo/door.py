"""The one way of the demo's runtimes to their server: a persistent connection. Standard library only."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from config.demo.jobs import Page

TIMEOUT_S = 10.0
#: The longest page that is read.
PAGE_BYTES = 2 * 1024 * 1024


class Away(Exception):
    """The server did not answer, or only that it cannot just now. ``wait_s`` is what it asked for, or 0."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API. ``once`` is its Idempotency-Key: sent again after a lost answer, it is done once."""

    what: str
    path: str
    body: dict[str, Any] | None = None
    once: str = ""


class Door:
    """One connection for everybody: whoever speaks names its key."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SystemExit(f"--url {url} is not an address: try http://127.0.0.1:8000")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._base = parts.path.rstrip("/")

    def send(self, key: str, call: Call) -> tuple[int, dict[str, Any]]:
        """Status and body. Raises Away."""
        headers = {"Authorization": f"Bearer {key}"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if call.once:
            headers["Idempotency-Key"] = call.once
        method = "GET" if call.body is None else "POST"
        raw = b"" if call.body is None else json.dumps(call.body).encode()
        response, answer = self._ask(method, call.path, raw, headers)
        try:
            body = json.loads(answer)
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        asked = response.headers.get("Retry-After", "")
        busy = body.get("code") == "idempotency_key_in_use"
        if busy or response.status == 429 or response.status >= 500:
            raise Away(f"answered {response.status}", float(asked) if asked.isdigit() else 0.0)
        return response.status, body

    def page(self, path: str) -> Page:
        """A page as a stranger gets it, whatever its status; redirects are answers too. Raises Away."""
        response, body = self._ask("GET", path, b"", {"Accept": "text/html, */*"})
        kind = response.headers.get("Content-Type", "")
        return Page(response.status, kind, body[:PAGE_BYTES], whole=len(body) <= PAGE_BYTES)

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """A connection that the server closed while idle is opened anew once. Raises Away."""
        fresh = self._connection.sock is None
        try:
            return self._once(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            if fresh:
                raise Away(f"{type(error).__name__}: {error}") from error
        try:
            return self._once(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Away(f"{type(error).__name__}: {error}") from error

    def _once(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        self._connection.request(method, self._base + path, body or None, headers)
        response = self._connection.getresponse()
        raw = response.read(PAGE_BYTES + 1)
        if len(raw) > PAGE_BYTES:
            self._connection.close()  # the rest is not wanted
        return response, raw
