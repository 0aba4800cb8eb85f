"""The hash of an entry against its definition."""

import datetime
import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.digests import digest_of
from hub.ledger.ledger import Entry, _hash
from hub.ledger.tables import GENESIS, from_utc_text, utc_text

plain = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=6,
)


@given(seq=st.integers(1, 10**12), kind=plain, actor=plain, facts=st.dictionaries(plain, values, max_size=4), at=plain)
def test_the_hash_is_that_of_the_canonical_json_of_all_fields(
    seq: int, kind: str, actor: str, facts: dict[str, object], at: str
) -> None:
    fields = {"seq": seq, "at": at, "kind": kind, "actor": actor, "facts": facts, "previous": GENESIS}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    expected = digest_of(fields)
    assert _hash(seq, at, kind, actor, text, GENESIS) == expected
    entry = Entry(seq, at, kind, actor, text, GENESIS, expected)
    assert entry.holds
    assert entry.read_facts() == facts
    assert not Entry(seq, at, kind, actor + "x", text, GENESIS, expected).holds
    assert not Entry(seq, at, kind, actor, text + " ", GENESIS, expected).holds
    assert not Entry(seq + 1, at, kind, actor, text, GENESIS, expected).holds


def test_a_field_that_is_not_text_any_more_does_not_hold() -> None:
    assert not Entry(1, cast("str", b"\x00"), "k", "a", "{}", GENESIS, GENESIS).holds


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_survives_its_text(at: datetime.datetime) -> None:
    try:
        moment = at.astimezone(datetime.UTC)
    except OverflowError:  # at the ends of the calendar
        return
    if moment.year < 1000:  # strftime writes such years with fewer digits
        return
    assert from_utc_text(utc_text(at)) == moment
    assert len(utc_text(at)) == 27


def test_a_moment_without_its_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="time zone"):
        utc_text(datetime.datetime(2026, 1, 1))
