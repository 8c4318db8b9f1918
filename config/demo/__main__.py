"""``python config/demo``: the runtimes, in an interpreter without packages (``manage.py demo_runtime``)."""

import sys
from pathlib import Path

sys.path[:1] = []  # this folder
sys.path.append(str(Path(__file__).resolve().parents[2]))
from config.demo.runtime import main  # noqa: E402  it is found from here on

sys.exit(main(sys.argv[1:]))
