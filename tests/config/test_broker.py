"""The file-system broker: a message appears whole, is read once, and garbage ends nobody."""

import multiprocessing
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from config import broker
from tests.config.conftest import eventually

WRITERS, MESSAGES = 3, 100


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    made = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    broker.make_folders(made)
    return made


def connect(options: dict[str, Any]) -> Connection:
    return Connection("filesystem://", transport="config.broker:Transport", transport_options=options)


def _write(options: dict[str, Any], writer: int) -> None:
    with connect(options) as connection:
        queue = Queue("celery", Exchange("celery"), routing_key="celery")
        producer = connection.Producer()
        for number in range(MESSAGES):
            producer.publish(
                {"writer": writer, "number": number}, exchange=queue.exchange, routing_key="celery", declare=[queue]
            )


def test_writers_and_readers_at_once_lose_and_double_nothing(options: dict[str, Any]) -> None:
    forking = multiprocessing.get_context("fork")
    writers = [forking.Process(target=_write, args=(options, writer)) for writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    got: list[str] = []
    with connect(options) as connection:
        readers = [connection.channel(), connection.channel()]

        def read() -> bool:
            for reader in readers:
                try:
                    got.append(reader._get("celery")["body"])
                except Empty:
                    continue
            return len(got) >= WRITERS * MESSAGES

        eventually(read, seconds=30, what="the arrival of all messages")
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    assert len(got) == len(set(got)) == WRITERS * MESSAGES
    assert list(Path(options["data_folder_in"]).iterdir()) == []


def test_each_queue_gets_its_own_in_order(options: dict[str, Any]) -> None:
    with connect(options) as connection:
        channel = connection.channel()
        for number in range(3):
            channel._put("system", {"number": number})
        channel._put("celery", {"number": 9})
        assert [channel._get("system")["number"] for _ in range(3)] == [0, 1, 2]
        assert channel._get("celery") == {"number": 9}
        with pytest.raises(Empty):
            channel._get("system")


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe"])
def test_what_cannot_be_read_is_dropped_and_the_next_one_is_read(options: dict[str, Any], garbage: bytes) -> None:
    (Path(options["data_folder_in"]) / "0_x.celery.msg").write_bytes(garbage)
    with connect(options) as connection:
        channel = connection.channel()
        channel._put("celery", {"number": 1})
        assert channel._get("celery") == {"number": 1}


def test_what_a_killed_process_left_half_done_is_removed_at_the_next_start(options: dict[str, Any]) -> None:
    folder = Path(options["data_folder_in"])
    (folder / "writing-1").touch()
    (folder / "taken-1").touch()
    (folder / "0_x.celery.msg").write_text("{}")
    broker.make_folders(options)
    assert [file.name for file in folder.iterdir()] == ["0_x.celery.msg"]
