"""The demo's jobs: a small plain grammar, and results that are true (spec O1)."""

import hashlib
from pathlib import Path

import pytest

from config.demo import jobs
from config.demo.errands import FOUND
from config.demo.jobs import Failed, Page, Unclear
from config.demo.tasks import TASKS

PAGE = b"""<!doctype html><html><head><title>Sign
 in</title><style>a { x: y }</style></head><body><h1>Sign in</h1>
<a href="/a?b=1&amp;c=2">Lost key</a> <a href="/a?b=1&amp;c=2">again</a><p>no</p><p>link</p> <b>be</b>fore
<script>var words = "not seen"</script></body></html>"""


class Shelf:
    """A server with three pages, and the documents of this checkout."""

    pages = {
        "/sign-in": Page(200, "text/html; charset=utf-8", PAGE),
        "/plain": Page(200, "text/plain", b"one two\n\nthree\n"),
        "/long": Page(200, "text/plain", b"x" * 10, whole=False),
    }

    def __init__(self) -> None:
        self.asked: list[str] = []

    def page(self, path: str) -> Page:
        self.asked.append(path)
        return self.pages.get(path, Page(404, "text/html", b"<p>gone</p>"))

    def document(self, name: str) -> bytes:
        self.asked.append(name)
        return b"# Title\n\nThe the THE end.\n"


def result(job: str) -> str:
    return jobs.run(job, Shelf())


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("Count the words: It's late, late – très late.", "5 words, 3 of them different"),
        ("count words: one", "1 word, 1 of them different"),
        ("Count the words of README.md", "5 words, 3 of them different"),
        ("Count the words of /sign-in", "8 words, 8 of them different"),
        ("Count the lines of /plain", "3 lines, 1 of them empty"),
        ("Longest line in /plain", "line 1 with 7 characters, “one two”"),
        ("Find the longest line:\nab\n  abcd \nabc", "line 2 with 6 characters, “abcd”"),
        ("Most frequent words: b a b c a B d e f", "b (3), a (2), c (1), d (1), e (1)"),
        ("Count the links of /sign-in", "1 link: /a?b=1&c=2"),
        ("Fetch /sign-in", "answered 200, text/html; charset=utf-8, {size} bytes, titled “Sign in”, 1 link"),
        ("fetch: /plain", "answered 200, text/plain, 15 bytes"),
        ("Fetch /nowhere", "answered 404, text/html, 11 bytes, without a title, 0 links"),
        ("Fetch /long", "answered 200, text/plain, more than 10 bytes"),
        ("Add up: 118.40, 92.15 + 7; -0.55", "217.00 from 4 numbers"),
        ("Sort:\nb, a,\nB; b,", "a, B, b (3, 1 named twice)"),
    ],
)
def test_what_comes_out(job, said):
    assert result(job).rpartition("”: ")[2].endswith(said.format(size=len(PAGE))), result(job)


def test_digests_are_those_of_the_bytes():
    assert result("SHA-256: Grüße") == f"SHA-256 “Grüße”: {hashlib.sha256('Grüße'.encode()).hexdigest()}"
    assert result("sha256 of /sign-in").endswith(hashlib.sha256(PAGE).hexdigest())
    assert result("- sha256:\nfoo\nbar").endswith(hashlib.sha256(b"foo\nbar").hexdigest())


def test_a_job_of_several_steps_with_remarks_between():
    first = "Please, before noon.\n\n1. Count the lines: a\n2) Fetch /plain.\n\nThank you!\n"
    job = f"{first}- Count the words:\nb c\nd\nSort: z, y"
    lines = result(job).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "Count the lines “a”",
        "Fetch /plain",
        "Count the words “b c d”",
        "Sort “z, y”",
    ]
    assert "3 words" in lines[2]


@pytest.mark.parametrize(
    "source",
    [
        "http://example.com/",
        "//example.com/x",
        "example.com",
        "/a\\b",
        "/a#b",
        "/caf\u00e9",
        "../../etc/passwd",
        "README.md/../manage.py",
        ".punchcard/secret-key",
        "docs/decisions/0001-floors-and-rooms.md",
    ],
)
@pytest.mark.parametrize("verb", ["Fetch {}", "SHA-256 of {}", "Count the links of {}"])
def test_nothing_but_pages_of_this_server_and_shipped_documents_is_read(verb, source):
    shelf = Shelf()
    with pytest.raises(Unclear, match="path of this server"):
        jobs.run(verb.format(source), shelf)
    assert shelf.asked == []


@pytest.mark.parametrize(
    ("job", "why"),
    [
        ("", "No line of this is a job"),
        ("Translate the notes into Danish", "No line of this is a job"),
        ("Fetched: nothing", "No line of this is a job"),
        ("Count the words:", "no text behind “Count the words:”"),
        ("Count the words:\nFetch /plain", "no text behind"),
        ("Fetch the pages we ship", "write “Fetch /healthz”"),
        ("Count the words of all our letters", "write “Count the words of” and a page"),
        ("Fetch README.md", "not a path of this server"),
        ("Add up: 12, x", "“x” is not a number"),
        ("Add up: ,", "no numbers"),
        ("\n".join(["Fetch /plain"] * 13), "13 steps"),
    ],
)
def test_what_is_not_clear_is_said(job, why):
    with pytest.raises(Unclear, match=why):
        result(job)


@pytest.mark.parametrize(
    ("job", "why"),
    [
        ("Count the words of /nowhere", "/nowhere answered 404"),
        ("SHA-256 of /long", "longer than 10 bytes"),
        ("Longest line: \t\n \n", None),
        ("Most frequent words: … – !", "no word"),
    ],
)
def test_what_cannot_be_done_fails(job, why):
    with pytest.raises(Failed if why else Unclear, match=why):
        result(job)


def test_a_step_that_is_not_clear_stops_the_job_before_it_begins():
    shelf = Shelf()
    with pytest.raises(Unclear):
        jobs.run("Fetch /plain\nFetch http://example.com/", shelf)
    assert shelf.asked == []


def test_a_strange_page_is_no_trouble():
    Shelf.pages["/odd"] = Page(200, "text/html", b"<a href></a><a href='<'>\xff</title></p><script>" + b"<" * 500)
    try:
        assert "1 link" in result("Fetch /odd")
        assert "word" in result("Count the words of /odd")
    finally:
        del Shelf.pages["/odd"]


@pytest.mark.parametrize("task", [task for task in TASKS if not task.missing], ids=lambda task: task.title)
def test_the_jobs_of_the_demo_are_understood(task):
    foreign = {"Ask three customers for a quote", "Translate the mentions into Danish"}
    if task.title in foreign:
        with pytest.raises(Unclear):
            jobs.read(task.job)
    else:
        assert jobs.read(task.job)


@pytest.mark.parametrize(("title", "remark", "steps"), FOUND)
def test_every_line_of_an_errand_is_a_step(title, remark, steps):
    assert len(jobs.read(f"{remark}\n\n{steps}")) == len(steps.splitlines()) >= 3


def test_the_documents_that_may_be_read_are_there():
    root = Path(jobs.__file__).resolve().parents[2]
    assert all((root / name).is_file() for name in jobs.DOCUMENTS)
