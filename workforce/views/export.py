"""CSV that a spreadsheet shows and never runs (spec U6)."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

#: A cell that begins like this may be taken for a formula, also after blanks that are seen or not.
_FORMULA = re.compile(r"[\t\r\n]|[\s\ufeff\u200b-\u200f\u2060]*[=+\-@＝＋－＠]")


class _Echo:
    """A file that hands back what is written, so that rows are sent as they are made."""

    def write(self, value: str) -> str:
        return value


def neutral(cell: object) -> str:
    """The cell as text; an apostrophe before what a spreadsheet would run, and no NUL."""
    text = "" if cell is None else str(cell).replace("\x00", "")
    return f"'{text}" if _FORMULA.match(text) else text


def csv_response(name: str, columns: Sequence[str], lines: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A download ``punchcard-<name>.csv``, UTF-8, streamed."""

    def written() -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield writer.writerow(columns)
        for line in lines:
            yield writer.writerow([neutral(cell) for cell in line])

    response = StreamingHttpResponse(written(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="punchcard-{name}.csv"'
    return response
