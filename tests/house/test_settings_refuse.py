"""Settings that cannot be right stop the start and name the fix."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with nothing of this one's environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "from config import settings; print(settings.DEBUG, len(settings.SECRET_KEY))"],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_they_refuse_without_a_secret_and_say_what_to_set() -> None:
    refused = start()
    assert refused.returncode != 0
    assert "SECRET_KEY is not set and DEBUG is off" in refused.stderr
    assert "secrets.token_urlsafe(50)" in refused.stderr
    assert "python3 manage.py up" in refused.stderr


def test_an_empty_secret_is_none() -> None:
    assert start(SECRET_KEY="").returncode != 0


def test_they_start_with_a_secret_and_debug_off() -> None:
    started = start(SECRET_KEY="x" * 50)
    assert started.stdout.split() == ["False", "50"], started.stderr


def test_debug_needs_no_secret_of_its_own() -> None:
    assert start(DEBUG="1").returncode == 0
