"""The file-system broker of the embedded way to run, made safe for several processes at once.

Kombu's own transport opens a message under its final name and writes afterwards, so a reader can take an empty
file, which ends the worker and every task in it (celery/kombu issue 1551). Here a message appears whole or not at
all, one reader gets it, and what cannot be read is dropped: messages are nudges, the truth is in rows.
"""

import logging
import os
import time
import uuid
from collections import deque
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)

#: Without a dot, so that no queue takes them for its own.
_WRITING, _TAKEN = "writing-", "taken-"


class Channel(filesystem.Channel):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Names seen and not yet read, by queue: one listing serves a backlog instead of one per message.
        self._waiting: dict[str, deque[str]] = {}

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        fresh = folder / f"{_WRITING}{uuid.uuid4().hex}"
        fresh.write_text(dumps(payload), encoding="utf-8")
        # Wall-clock nanoseconds: in order also across a restart of the machine.
        fresh.rename(folder / f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        folder = Path(self.data_folder_in)
        waiting = self._waiting.setdefault(queue, deque())
        if not waiting:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries]
            waiting.extend(sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg"))
        while waiting:
            name = waiting.popleft()
            taken = folder / f"{_TAKEN}{uuid.uuid4().hex}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another reader was first
            text = taken.read_bytes()
            taken.unlink(missing_ok=True)
            try:
                message: dict[str, Any] = loads(text)
            except ValueError:
                logger.warning("Dropped an unreadable message from the queue %s.", queue)
                continue
            return message
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Kombu truncates a new table before it locks it; made whole first, it only changes under the lock."""
        table = self._exchange_file(exchange)
        if not table.exists():
            table.parent.mkdir(exist_ok=True)
            fresh = table.parent / f"{_WRITING}{uuid.uuid4().hex}"
            fresh.write_text("[]", encoding="utf-8")
            try:
                table.hardlink_to(fresh)
            except FileExistsError:
                pass  # another process was first
            except OSError:  # a file system without hard links
                fresh.replace(table)
            fresh.unlink(missing_ok=True)
        super()._queue_bind(exchange, routing_key, pattern, queue)


class Transport(filesystem.Transport):
    Channel = Channel


def make_folders(options: dict[str, Any]) -> None:
    """Make the broker's folders and remove what a killed process was writing or reading; nothing may run yet.

    ``options`` are ``CELERY_BROKER_TRANSPORT_OPTIONS``; other brokers name no folders there.
    """
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if name in options:
            folder = Path(options[name])
            folder.mkdir(parents=True, exist_ok=True)
            for prefix in (_WRITING, _TAKEN):
                for left in folder.glob(f"{prefix}*"):
                    left.unlink(missing_ok=True)
