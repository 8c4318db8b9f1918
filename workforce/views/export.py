"""CSV that a spreadsheet shows and never runs (spec U6)."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from workforce.rules.csv_cells import neutral


class _Echo:
    """A file that hands back what is written, so that rows are sent as they are made."""

    def write(self, value: str) -> str:
        return value


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
