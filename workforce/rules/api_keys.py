"""Shape of an API key: ``pck_<12 hex visible prefix>_<43 characters of 256 random bits>``."""

import hashlib
import re
import secrets
from dataclasses import dataclass

_SHAPE = re.compile(r"pck_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """``token`` is shown once; only ``prefix`` and ``digest`` are stored."""

    token: str
    prefix: str
    digest: str


def digest(token: str) -> str:
    """SHA-256 of the whole token as 64 hex digits. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def generate() -> NewKey:
    prefix = secrets.token_hex(6)
    token = f"pck_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(token=token, prefix=prefix, digest=digest(token))


def prefix_of(token: str) -> str | None:
    """The visible prefix, or None where the text cannot be a key of ours."""
    match = _SHAPE.fullmatch(token)
    return match.group(1) if match else None


def matches(token: str, stored_digest: str) -> bool:
    """Constant-time comparison."""
    return secrets.compare_digest(digest(token), stored_digest)
