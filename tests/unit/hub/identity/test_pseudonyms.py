"""Pseudonyms in SQL are those of Python's hmac, and the key is made once and never replaced."""

import hashlib
import hmac
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import sql
from hub.errors import IntegrityError
from hub.identity import pseudonyms
from hub.identity.pseudonyms import Key
from hub.identity.store import secure
from hub.workspace import Workspace

KEY = Key(bytes(range(32)))
DUCKDB = sql.connect()


@given(st.text(max_size=200).filter(lambda text: "\0" not in text and text.isprintable()))
def test_sql_and_python_give_the_same_record_key(identifier: str) -> None:
    statement = f"SELECT {pseudonyms.sql_pseudonym(repr('record'), repr('school'), 'id')} FROM (SELECT $id AS id)"
    [(found,)] = DUCKDB.execute(statement, KEY.parameters | {"id": identifier}).fetchall()
    message = "\x1f".join(("record", "school", identifier)).encode()
    assert (
        found == hmac.new(KEY.secret, message, hashlib.sha256).hexdigest()[:32] == KEY.record_key("school", identifier)
    )


def test_a_pseudonym_depends_on_the_key_the_source_and_the_identifier() -> None:
    keys = [KEY.record_key("school", "1"), KEY.record_key("police", "1"), KEY.record_key("school", "2")]
    keys += [Key(bytes(32)).record_key("school", "1"), KEY.record_key("school1", ""), KEY.fingerprint]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {pseudonyms.LENGTH}


def test_a_content_id_tells_empty_from_missing_and_parts_from_each_other() -> None:
    rows = "(VALUES ('a', 'b'), ('ab', ''), ('ab', NULL), (NULL, 'ab'), ('a', 'b')) AS v(x, y)"
    statement = f"SELECT {pseudonyms.sql_content_id('x', 'y')} FROM {rows}"
    found = [row[0] for row in DUCKDB.execute(statement, KEY.content_parameters).fetchall()]
    assert len(set(found)) == 4
    assert found[0] == found[4]
    other = DUCKDB.execute(statement, Key(bytes(32)).content_parameters).fetchall()
    assert other[0][0] != found[0]


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    secure(workspace.identity)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: pseudonyms.open_key(workspace, may_create=True).secret, range(32)))
    assert len(keys) == 1
    path = workspace.identity / "pseudonym.key"
    assert (path.stat().st_mode & 0o777, path.stat().st_size) == (0o600, 32)
    assert os.listdir(workspace.identity) == ["pseudonym.key"]
    assert pseudonyms.open_key(workspace, may_create=False).secret in keys
    assert str(path) not in repr(KEY)
    assert KEY.secret.hex() not in repr(KEY)


def test_a_lost_or_damaged_key_is_never_replaced(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    secure(workspace.identity)
    with pytest.raises(IntegrityError, match=r"the key of the pseudonyms is gone\. Restore it from a copy"):
        pseudonyms.open_key(workspace, may_create=False)
    (workspace.identity / "pseudonym.key").write_bytes(b"short")
    with pytest.raises(IntegrityError, match="the key of the pseudonyms is damaged"):
        pseudonyms.open_key(workspace, may_create=True)
