"""A file of agents as a form gives it: uploaded or pasted, looked at, then meant (spec R9)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from workforce.rules.roster_csv import MOST_BYTES, Fault, decoded, line_ranges

#: Faults written out one by one; of further lines only the numbers are told.
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Given:
    """``fault`` says why there is no ``text``. ``meant`` is a request to import this very text, which was looked at."""

    text: str = ""
    fault: str = ""
    meant: bool = False

    @property
    def seal(self) -> str:
        """The same for the same text, so that nothing is imported that was changed since it was looked at."""
        return hashlib.blake2s(self.text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def given_in(request: HttpRequest) -> Given:
    """A file counts before the text; line ends become what they are on a server."""
    upload = request.FILES.get("file")
    if isinstance(upload, UploadedFile):
        return _uploaded(upload)
    given = Given(text=_lines(request.POST.get("text", "")))
    meant = "import" in request.POST and request.POST.get("seal") == given.seal
    return Given(text=given.text, meant=meant)


def shown(faults: Sequence[Fault]) -> tuple[Sequence[Fault], str]:
    """The faults to write out, and the lines that have some beyond those."""
    first = faults[:MOST_SHOWN]
    told = {fault.line for fault in first}
    return first, line_ranges(fault.line for fault in faults[MOST_SHOWN:] if fault.line not in told)


def _uploaded(upload: UploadedFile) -> Given:
    if (upload.size or 0) > MOST_BYTES:
        return Given(fault=f"The file is larger than {MOST_BYTES // 1000} kB. Import it in parts.")
    text = decoded(upload.read())
    if text is None:
        return Given(fault="The file is not UTF-8 text. Save it as “CSV UTF-8” and choose it again.")
    return Given(text=_lines(text))


def _lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
