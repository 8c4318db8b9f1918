"""What an API key looks like, and that junk is no key (P4)."""

import hashlib
import re
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.rules import api_keys

GOOD = "pck_0123456789ab_" + "A" * 43


def test_a_new_key_has_the_shape_it_says():
    new = api_keys.generate()
    assert re.fullmatch(r"pck_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", new.token)
    assert new.token.split("_")[1] == new.prefix == api_keys.prefix_of(new.token)
    assert new.digest == hashlib.sha256(new.token.encode()).hexdigest()


def test_no_two_are_alike():
    made = [api_keys.generate() for _ in range(200)]
    assert len({key.token for key in made}) == len({key.prefix for key in made}) == 200


def test_the_stored_parts_do_not_give_the_secret_away():
    new = api_keys.generate()
    secret = new.token.split("_", 2)[2]
    assert secret not in new.digest
    assert secret not in new.prefix


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "pck",
        "pck__",
        GOOD + "\n",
        " " + GOOD,
        GOOD + "A",
        GOOD[:-1],
        GOOD.upper(),
        GOOD.replace("0123456789ab", "0123456789AB"),
        GOOD.replace("pck", "pkc"),
        GOOD.replace("A", "é"),
        GOOD.replace("0", "\u0660"),  # a digit, but not of ours
        "\x00" * 60,
        "\ud800" + GOOD,
        "pck_" + "0" * 100_000,
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_junk_has_no_prefix_and_matches_nothing(junk):
    assert api_keys.prefix_of(junk) is None
    assert not api_keys.matches(junk, api_keys.digest(GOOD))


@given(st.text(alphabet=st.characters(), max_size=80))
def test_any_text_at_all_can_be_asked_about(text):
    assert api_keys.prefix_of(text) is None or api_keys.prefix_of(text) == text[4:16]
    assert not api_keys.matches(text, "0" * 64)


def test_one_character_makes_the_difference():
    new = api_keys.generate()
    last = "A" if new.token[-1] != "A" else "B"
    assert api_keys.matches(new.token, new.digest)
    assert not api_keys.matches(new.token[:-1] + last, new.digest)


def test_digests_are_compared_in_constant_time(monkeypatch):
    """The comparison is the one of ``secrets``, whatever the outcome."""
    compared = []
    real = secrets.compare_digest
    monkeypatch.setattr(api_keys.secrets, "compare_digest", lambda a, b: compared.append((a, b)) or real(a, b))
    new = api_keys.generate()
    assert api_keys.matches(new.token, new.digest)
    assert not api_keys.matches("nonsense", new.digest)
    assert compared == [(new.digest, new.digest), (api_keys.digest("nonsense"), new.digest)]
