#!/usr/bin/env python3
"""The one door: `python3 manage.py up` sets up and runs everything (see config/bootstrap.py).

This file stays readable by very old Pythons, so that they get a sentence and not a SyntaxError.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        "Punchcard needs Python 3.11 or newer and this is Python %d.%d: "  # noqa: UP031
        "start it with a newer one, for example `python3.11 manage.py up`.\n" % tuple(sys.version_info[:2])
    )
    sys.exit(2)

if __name__ == "__main__":
    from config.bootstrap import main

    sys.exit(main(sys.argv))
