"""Clock changes that are odd in one way or another, as the UTC moments at which they happen."""

from __future__ import annotations

TRANSITIONS: tuple[tuple[str, str], ...] = (
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),  # half an hour back
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),  # half an hour ahead
    ("Pacific/Chatham", "2026-04-04T14:00Z"),  # offsets of a quarter of an hour, change at 02:45
    ("Pacific/Chatham", "2026-09-26T14:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00Z"),  # two hours ahead
    ("Antarctica/Troll", "2026-10-25T01:00Z"),
    ("Africa/Casablanca", "2025-02-23T02:00Z"),  # back for Ramadan
    ("Africa/Casablanca", "2025-04-06T02:00Z"),  # ahead after it
    ("Pacific/Apia", "2011-12-30T10:00Z"),  # a Friday that never was
    ("Pacific/Kwajalein", "1993-08-21T12:00Z"),  # a Saturday that never was
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00Z"),  # back at midnight, to 23:00 of the day before
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),  # midnight does not exist
    ("America/Havana", "2026-03-08T05:00Z"),  # ahead at midnight
    ("America/Havana", "2025-11-02T05:00Z"),  # midnight comes twice
    ("America/St_Johns", "2011-03-13T03:31Z"),  # at 00:01
    ("America/St_Johns", "2010-11-07T02:31Z"),
    ("America/St_Johns", "2026-03-08T05:30Z"),
    ("America/St_Johns", "2026-11-01T04:30Z"),
)
