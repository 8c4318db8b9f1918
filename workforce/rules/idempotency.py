"""What an ``Idempotency-Key`` may look like, and when a write is the same one as before (spec I3)."""

import re
from hashlib import sha256

from workforce.rules.refusals import Invalid

HEADER = "Idempotency-Key"
#: The methods that heed it; with others it means nothing.
WRITES = ("POST", "PUT", "PATCH", "DELETE")
KEY_MAX = 255
PATH_MAX = 500
_VISIBLE = re.compile(rf"[!-~]{{1,{KEY_MAX}}}")
_DIGEST_CHARS = 64


def check_key(key: str) -> str:
    """Raises ``Invalid`` where it is empty, too long, or holds a space or anything beyond ASCII."""
    if not _VISIBLE.fullmatch(key):
        raise Invalid([(HEADER, f"Use 1 to {KEY_MAX} visible ASCII characters without spaces, for example a UUID.")])
    return key


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def fitted(path: str) -> str:
    """The path with its query, of at most ``PATH_MAX`` characters; the end of a longer one becomes its digest."""
    if len(path) <= PATH_MAX:
        return path
    return path[: PATH_MAX - _DIGEST_CHARS] + digest(path.encode())
