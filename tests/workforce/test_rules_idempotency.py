"""What an Idempotency-Key may look like, and paths that fit their column (spec I3)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.rules.idempotency import KEY_MAX, PATH_MAX, check_key, fitted
from workforce.rules.refusals import Invalid

VISIBLE = string.ascii_letters + string.digits + string.punctuation


@given(st.text(VISIBLE, min_size=1, max_size=KEY_MAX))
def test_visible_ascii_is_taken_as_it_is(key: str) -> None:
    assert check_key(key) == key


@given(st.text(max_size=KEY_MAX + 5))
def test_anything_else_is_refused(key: str) -> None:
    if 1 <= len(key) <= KEY_MAX and set(key) <= set(VISIBLE):
        assert check_key(key) == key
        return
    with pytest.raises(Invalid) as refused:
        check_key(key)
    ((path, sentence),) = refused.value.fields
    assert path == "Idempotency-Key"
    assert sentence == "Use 1 to 255 visible ASCII characters without spaces, for example a UUID."


def test_the_longest_key_is_taken_and_one_more_is_not() -> None:
    assert check_key("k" * 255) == "k" * 255
    with pytest.raises(Invalid):
        check_key("k" * 256)
    with pytest.raises(Invalid):
        check_key("key\n")


def test_a_path_that_fits_stays() -> None:
    assert fitted("/api/agents?reason=x") == "/api/agents?reason=x"
    assert fitted("x" * PATH_MAX) == "x" * PATH_MAX


def test_long_paths_that_differ_at_the_end_stay_different() -> None:
    one, other = fitted("x" * 900 + "1"), fitted("x" * 900 + "2")
    assert len(one) == len(other) == PATH_MAX
    assert one != other
