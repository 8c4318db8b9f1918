"""How a service says no: one family of errors, which pages and API translate with the same words."""

from collections.abc import Iterable
from typing import Any


class Refusal(Exception):
    """``sentence`` says what is and what to do; ``code`` is for programs; ``extra`` goes into the problem document, its
    ``field`` as the path that is to blame."""

    code = "refused"

    def __init__(self, sentence: str, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if code is not None:
            self.code = code
        self.extra = extra


class Conflict(Refusal):
    """The thing is in a state that does not allow this (409). Nothing was written."""

    code = "conflict"


class Busy(Conflict):
    """Somebody is doing it at this moment (409). Ask again after ``retry_after_s`` seconds."""

    def __init__(self, sentence: str, *, code: str, retry_after_s: int) -> None:
        super().__init__(sentence, code=code)
        self.retry_after_s = retry_after_s


class Mismatch(Refusal):
    """Well written, but it contradicts what was sent before (422)."""

    code = "mismatch"


class Forbidden(Refusal):
    """Within one's own organisation, but not one's to do (403)."""

    code = "forbidden"


class Missing(Refusal):
    """No such thing in this organisation (404), whether or not another one has it."""

    code = "not_found"


class Invalid(Refusal):
    """The input is wrong (400). ``fields`` are (path, sentence) pairs such as ``("shifts.0.end", "…")``."""

    code = "invalid"

    def __init__(self, fields: Iterable[tuple[str, str]], sentence: str = "Some fields need to be changed.") -> None:
        super().__init__(sentence)
        self.fields = list(fields)
