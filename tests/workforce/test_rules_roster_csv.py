"""Files of agents: what is read, what is named, and that what was written is read back (spec R9, U6)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.rules.csv_cells import neutral, original
from workforce.rules.roster import REQUIRED, faults_of, missing
from workforce.rules.roster_csv import (
    COLUMNS,
    EXAMPLE,
    MOST_BYTES,
    MOST_ROWS,
    Fault,
    cycles,
    decoded,
    line_ranges,
    read,
    tags_cell,
    tags_of,
    tools_cell,
    tools_of,
)

HEAD = "agent_name,agent_type,capability_tags,model_profile,owner,team,priority_tier,risk_level"
LINE = "a-1,main,web,sonnet,olga@example.com,Support,P1,low"


def only_fault(text: str) -> Fault:
    (fault,) = read(text).faults
    assert fault.sentence[-1] == "."
    return fault


def test_a_line_is_a_record() -> None:
    sheet = read(f"{HEAD}\n{LINE}\n")
    assert not sheet.faults
    (row,) = sheet.rows
    assert row.line == 2
    assert row.record == {
        "agent_name": "a-1",
        "agent_type": "main",
        "capability_tags": ["web"],
        "model_profile": "sonnet",
        "owner": "olga@example.com",
        "team": "Support",
        "priority_tier": "P1",
        "risk_level": "low",
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_line_ends_marks_and_separators_make_no_difference(between: str, mark: str, end: str) -> None:
    text = f"{HEAD}\n{LINE}".replace(",", between).replace("\n", end)
    assert read(mark + text).rows == read(f"{HEAD}\n{LINE}").rows


def test_the_header_may_be_in_any_order_and_case_and_lack_what_is_optional() -> None:
    names, cells = HEAD.split(","), LINE.split(",")
    backwards = f"{','.join(reversed(names)).upper()}\n{','.join(reversed(cells))}"
    assert dict(read(backwards).rows[0].record) == dict(read(f"{HEAD}\n{LINE}").rows[0].record)


def test_quoted_cells_hold_anything_and_lines_are_counted_as_an_editor_does() -> None:
    text = f'{HEAD},notes\n{LINE},"one, ""two""\nthree"\n\n{LINE.replace("a-1", "a-2")},\n'
    rows = read(text).rows
    assert [(row.line, row.record.get("notes")) for row in rows] == [(2, 'one, "two"\nthree'), (5, None)]


def test_choices_are_taken_in_any_case_and_amounts_with_a_comma() -> None:
    text = f"{HEAD},cost_budget_daily\n{LINE},12.5\n".replace(",", ";").replace("main", "Main").replace("P1", "p1")
    record = read(text.replace("low", "LOW").replace("12.5", "12,5")).rows[0].record
    assert (record["agent_type"], record["priority_tier"], record["risk_level"]) == ("main", "P1", "low")
    assert record["cost_budget_daily"] == Decimal("12.5")


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("a", ["a"]),
        ("a b  c", ["a", "b", "c"]),
        ("a;b ; c", ["a", "b", "c"]),
        ("web research;", ["web research"]),
        ("web research; qa", ["web research", "qa"]),
        ("a;b, c", ["a;b", "c"]),
        (";;", []),
    ],
)
def test_tags_are_separated(cell: str, tags: list[str]) -> None:
    assert tags_of(cell) == tags


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("", 1, "", "There is nothing in it."),
        (" \r\n\ufeff", 1, "", "There is nothing in it."),
        (HEAD, 1, "", "There is only a header."),
        ("a-1,main,web\n", 1, "", "The first line names the columns. They are: agent_name,"),
        (f"{HEAD},salary\n{LINE},5", 1, "salary", "There is no such column. Columns are:"),
        (f"{HEAD},{'x' * 90}\n{LINE},5", 1, "x" * 40 + "…", "There is no such column."),
        (f"{HEAD},\n{LINE},", 1, "", "Column 9 has no name."),
        (f"{HEAD},owner\n{LINE},x", 1, "owner", "This column is there more than once."),
        (HEAD.replace("owner,", "") + "\n", 1, "owner", "This column is missing."),
        (f"\n\n{HEAD.replace('owner,', '')}\n", 3, "owner", "This column is missing."),
        (f"{HEAD}\n{LINE},more\n", 2, "", "This line has 9 cells, the header 8."),
        (f'{HEAD}\n{LINE}\n"a-2,main\n\n', 3, "", "A quoted cell begins here and never ends."),
        (f'{HEAD}\n"a"-1,main\n', 2, "", "This line cannot be read."),
        (f"{HEAD}\n{'x' * 200_000},main\n", 2, "", "A cell is too long to be read."),
        ("x" * (MOST_BYTES + 1), 1, "", "It is larger than 800 kB."),
        ("é" * (MOST_BYTES // 2 + 1), 1, "", "It is larger than 800 kB."),
    ],
    ids=lambda part: ascii(part)[:40],
)
def test_what_cannot_be_read_is_named(text: str, line: int, field: str, says: str) -> None:
    fault = only_fault(text)
    assert (fault.line, fault.field) == (line, field)
    assert fault.sentence.startswith(says)


def test_every_fault_of_the_header_is_told_at_once() -> None:
    faults = read("agent_name,team,team,salary\na,b,c,d\n").faults
    assert {fault.field for fault in faults} == {"team", "salary"} | set(REQUIRED) - {"agent_name", "team"}


def test_empty_cells_at_the_end_are_no_cells() -> None:
    assert not read(f"{HEAD}\n{LINE},,,\n").faults


def test_a_short_line_lacks_what_it_lacks() -> None:
    (row,) = read(f"{HEAD}\na-1,main\n").rows
    assert [name for name, _ in missing(row.record)] == [n for n in REQUIRED if n not in ("agent_name", "agent_type")]


def test_a_nul_is_named_where_it_is() -> None:
    faults = read(f"{HEAD}\n{LINE}\n".replace("olga", "ol\x00ga") + "\n\x00").faults
    assert [(fault.line, fault.sentence) for fault in faults] == [
        (2, "Remove the NUL character."),
        (4, "Remove the NUL character."),
    ]


def test_more_than_the_most_agents() -> None:
    cells = HEAD + "\n" + "a,main,t,m,o,s,P1,low\n" * MOST_ROWS
    assert not read(cells).faults
    fault = only_fault(cells + "a,main,t,m,o,s,P1,low\n")
    assert (fault.line, fault.sentence) == (MOST_ROWS + 2, "More than 5,000 agents. Import them in parts.")


@pytest.mark.parametrize("raw", [b"\xff\xfea\x00", b"a;\xe4\n"])
def test_other_encodings_are_not_guessed(raw: bytes) -> None:
    assert decoded(raw) is None


def test_utf_8_with_and_without_its_mark() -> None:
    assert decoded("\ufeffä".encode()) == decoded("ä".encode()) == "ä"


def test_the_example_can_be_read() -> None:
    sheet = read("\n".join(",".join(line) for line in (COLUMNS, *EXAMPLE)))
    assert not sheet.faults and [row.record["agent_name"] for row in sheet.rows] == ["triage-01", "triage-02"]
    assert not [fault for row in sheet.rows for fault in (*missing(row.record), *faults_of(row.record))]


@pytest.mark.parametrize(
    ("owners", "found"),
    [
        ({}, set()),
        ({"a": "b", "b": "c"}, set()),
        ({"a": "b", "b": "a"}, {"a", "b"}),
        ({"a": "b", "b": "c", "c": "b", "d": "a"}, {"b", "c"}),
        ({"a": "a"}, {"a"}),
        ({f"n{n}": f"n{n + 1}" for n in range(3_000)} | {"n3000": "n0"}, {f"n{n}" for n in range(3_001)}),
    ],
    ids=lambda part: str(len(part)),
)
def test_circles_are_found(owners: dict[str, str], found: set[str]) -> None:
    assert cycles(owners) == found


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")))
def test_circles_are_those_who_meet_themselves(owners: dict[str, str]) -> None:
    def meets_itself(name: str) -> bool:
        current = owners.get(name)
        for _ in owners:
            if current == name:
                return True
            current = owners.get(current) if current is not None else None
        return False

    assert cycles(owners) == {name for name in owners if meets_itself(name)}


def test_lines_in_few_words() -> None:
    assert line_ranges([]) == ""
    assert line_ranges([4, 5, 9, 6, 12, 4, 13]) == "4-6, 9, 12-13"


TAG = st.text(min_size=1, max_size=40).map(str.strip).filter(lambda tag: tag and "," not in tag and "\x00" not in tag)
TOOL = st.text(min_size=1, max_size=20).filter(lambda name: "\x00" not in name)


@given(st.lists(TAG, min_size=1, max_size=6))
def test_tags_come_back(tags: list[str]) -> None:
    assert tags_of(tags_cell(tags).strip()) == tags


@given(st.dictionaries(TOOL, st.sampled_from(["enabled", "always_ask"]), min_size=1, max_size=4))
def test_tools_come_back(tools: dict[str, str]) -> None:
    assert tools_of(tools_cell(tools).strip()) == tools


@given(st.text(alphabet=st.characters(exclude_characters="\x00")) | st.from_regex(r"\A'*\s*[=+\-@]?.*\Z"))
def test_an_apostrophe_of_ours_comes_off_again(text: str) -> None:
    assert original(neutral(text)) == text.replace("\x00", "")
