"""Calls made at the same moment, by threads with connections of their own, on either database."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connections

#: Longest a race may take: far more than it needs, so that a lock nobody gives back fails a test instead of hanging it.
PATIENCE_SECONDS = 60


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Release all calls from one barrier. What each returned, or the exception it raised, in the order given."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(PATIENCE_SECONDS)
            close_old_connections()
            outcomes[number] = call()
        except BaseException as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a call never came back"
    return outcomes


def errors(outcomes: list[Any]) -> list[BaseException]:
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
