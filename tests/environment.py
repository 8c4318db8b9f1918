"""Loaded before anything else (``-p tests.environment``): the environment the settings read, for tests.

Without ``DATABASE_URL`` the suite runs on SQLite in a file, as the product does: locks and triggers are the real ones.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_state = tempfile.mkdtemp(prefix="punchcard-tests-")
atexit.register(shutil.rmtree, _state, ignore_errors=True)

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0" * 40)
os.environ.setdefault("PUNCHCARD_EMBEDDED", "1")
os.environ["PUNCHCARD_STATE_DIR"] = _state
os.environ.setdefault("LOG_LEVEL", "WARNING")
if not os.environ.get("DATABASE_URL"):
    os.environ.setdefault("PUNCHCARD_TEST_DB", str(Path(_state) / "test.sqlite3"))
