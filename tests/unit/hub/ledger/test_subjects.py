"""How the ledger names a person: by a keyed digest that says nothing to who lacks the key."""

import hashlib
import hmac
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import IntegrityError
from hub.ledger.subjects import FILE, Subjects
from hub.workspace import Workspace

PERSON = f"p{7:024x}"


def test_a_person_has_one_name_in_a_workspace_and_another_in_another(tmp_path: Path) -> None:
    one, other = Workspace(tmp_path / "one"), Workspace(tmp_path / "other")
    name = Subjects.open(one).name(PERSON)
    assert Subjects.open(one).name(PERSON) == name
    assert Subjects.open(other).name(PERSON) != name
    assert re.fullmatch(r"[0-9a-f]{32}", name)
    assert PERSON not in name


def test_the_name_is_half_of_an_hmac_under_the_key_of_the_identity_store(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    name = Subjects.open(workspace).name(PERSON)
    path = workspace.identity / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    expected = hmac.new(path.read_bytes(), b"person\x1f" + PERSON.encode(), hashlib.sha256).hexdigest()
    assert name == expected[:32]
    plain = {hashlib.new(one, PERSON.encode(), usedforsecurity=False).hexdigest()[:32] for one in ("sha256", "md5")}
    assert name not in plain


@given(st.text(), st.text())
def test_two_people_have_two_names_whatever_somebody_asks_for(one: str, other: str) -> None:
    subjects = Subjects(bytes(32))
    assert (subjects.name(one) == subjects.name(other)) == (one == other)


def test_what_is_no_text_of_unicode_has_a_name_too() -> None:
    assert len(Subjects(bytes(32)).name("\ud800")) == 32


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_a_damaged_key_is_a_refusal_and_is_not_made_anew(tmp_path: Path, content: bytes) -> None:
    workspace = Workspace(tmp_path)
    Subjects.open(workspace)
    (workspace.identity / FILE).write_bytes(content)
    with pytest.raises(IntegrityError, match="the key of the ledger's names is damaged"):
        Subjects.open(workspace)
    assert (workspace.identity / FILE).read_bytes() == content


def test_the_key_does_not_show_where_it_is_printed() -> None:
    assert "secret" not in repr(Subjects(b"secret" * 6))
