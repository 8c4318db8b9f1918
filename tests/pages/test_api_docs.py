"""The API's docs page in a real browser: drawn offline, from our own files, without a violation of the policy."""

import os
from typing import Any

import pytest

from tests.support.api import issue

# Playwright keeps an event loop in this thread, in which Django would refuse its database. Nothing here is async.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_docs_are_drawn_from_our_own_files_alone(page: Any, live_server: Any) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{live_server.url}/api/docs")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page.wait_for_selector(".opblock-summary-path")
    assert page.locator("#operations-workforce-workforce_status").is_visible()
    page.click("#operations-workforce-workforce_status .opblock-summary-control")
    page.wait_for_selector("#operations-workforce-workforce_status .responses-table")
    # Fonts and marks are data: addresses inside the stylesheet.
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []
    assert [text for text in said if not text.startswith(("log:", "debug:", "info:"))] == []


def test_an_operation_can_be_tried_with_a_key(page: Any, live_server: Any, organization: Any, agent: Any) -> None:
    token = issue(organization)[1]
    page.goto(f"{live_server.url}/api/docs")
    page.click(".btn.authorize")
    page.fill(".auth-container input >> nth=0", token)
    page.click(".auth-btn-wrapper .authorize >> nth=0")
    page.click(".close-modal")
    page.click("#operations-agents-agents_list .opblock-summary-control")
    page.click("#operations-agents-agents_list .try-out__btn")
    page.click("#operations-agents-agents_list .execute")
    page.wait_for_selector("#operations-agents-agents_list .live-responses-table")
    assert "support-triage-01" in page.inner_text("#operations-agents-agents_list .live-responses-table")
