"""The embedded web server: waitress, set so that clients who connect and dawdle do not keep others out.

Waitress reads whole requests before it gives them to a thread; what limits it is the number of connections.
"""

import argparse
import contextlib
import resource
import signal
import sys
from types import FrameType

from waitress import serve

from config.wsgi import application

#: More than a browser or a fleet on one machine opens, and under the usual limit of 1,024 open files.
CONNECTIONS = 1000
#: A connection without a byte in either direction for this many seconds is closed.
SILENT_SECONDS = 20
#: The largest body accepted at all; views set their own, smaller limits.
BODY_BYTES = 16 * 1024 * 1024
HEADER_BYTES = 64 * 1024


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _allow_open_files() -> None:
    """One file per connection, and some for the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m config.web")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    _allow_open_files()
    signal.signal(signal.SIGTERM, _exit)
    serve(
        application,
        host=options.host or "*",
        port=options.port,
        threads=8,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENT_SECONDS,
        cleanup_interval=5,
        max_request_body_size=BODY_BYTES,
        max_request_header_size=HEADER_BYTES,
        asyncore_use_poll=True,
        expose_tracebacks=False,
        clear_untrusted_proxy_headers=True,
        ident=None,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
