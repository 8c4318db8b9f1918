"""Readers at their pages: Django's client for most, Chromium for what only a browser can show."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client

#: The one without windows of its own, where it is installed: a page opens in half the time.
_CHROMIUMS = (shutil.which(name) for name in ("chromium-headless-shell", "chromium"))
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, _CHROMIUMS), "/usr/bin/chromium")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def at_now(now: datetime) -> Iterator[datetime]:
    """Doors read this clock: a Thursday, 14:32 in Berlin."""
    with time_machine.travel(now, tick=False):
        yield now


@pytest.fixture
def reader(at_now: datetime) -> Callable[..., Client]:
    """A signed-in person's client: ``reader(alice)``."""

    def sign_in(user: Any, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if Path(CHROMIUM).exists():
        return
    missing = pytest.mark.skip(reason="Chromium is not installed: apt-get install chromium")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(missing)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    # Playwright keeps an event loop in this thread from here on; Django would refuse the ORM beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu", *quiet]}


class Desk:
    """Opens pages for people and keeps what went wrong in them."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser, self.address = browser, address
        self.wrong: list[str] = []
        self.expected: list[str] = []

    def open(self, user: Any = None, path: str = "/", *, width: int = 1280, **context: Any) -> Any:
        """A new window on ``path``, signed in as ``user``, in Berlin unless said otherwise."""
        context = {"timezone_id": "Europe/Berlin", "viewport": {"width": width, "height": 900}, **context}
        window = self.browser.new_context(base_url=self.address, **context)
        if user is not None:
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.address}])
        page = window.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda asked: self._stays(asked.url))
        page.goto(path)
        return page

    def _stays(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.wrong.append(f"left the host: {url}")

    @property
    def unexpected(self) -> list[str]:
        return [text for text in self.wrong if not any(known in text for known in self.expected)]


@pytest.fixture
def desk(live_server: Any, browser: Any, people_are_settled: None) -> Iterator[Desk]:
    """Fails the test at its end where a page logged an error or asked another host."""
    desk = Desk(browser, live_server.url)
    yield desk
    for page in [page for window in browser.contexts for page in window.pages]:
        page.evaluate("0")  # what it logged so far is heard now; that closing cuts off what it just asked is no fault
    wrong = desk.unexpected
    for window in browser.contexts:
        window.close()
    assert wrong == []


@pytest.fixture
def people_are_settled(alice: Any, vera: Any) -> None:
    """Their time zone is known, so that no page loads itself again."""
    for person in (alice, vera):
        person.time_zone_detected = True
        person.save(update_fields=["time_zone_detected"])


@pytest.fixture
def elsewhere() -> Callable[[str], None]:
    """Runs Python in another process on the same database."""

    def run(code: str) -> None:
        at = connection.settings_dict
        if connection.vendor == "sqlite":
            database = f"sqlite:///{at['NAME']}"
        else:
            user = ":".join(quote(part, safe="") for part in (at["USER"], at["PASSWORD"]) if part)
            database = f"postgres://{user}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
        environment = {**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment.pop("PUNCHCARD_TEST_DB", None)
        lines = f"import django; django.setup()\n{code}"
        subprocess.run([sys.executable, "-c", lines], check=True, cwd=settings.BASE_DIR, env=environment, timeout=60)

    return run
