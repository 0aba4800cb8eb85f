"""Whatever stands in a YAML file, reading it ends soon, in little memory, with a document or with one sentence."""

import contextlib
import json
import os
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.declarations import catalogue, outcomes, use_cases
from hub import yaml_documents, yaml_trees
from hub.declarations import gateways, sources
from hub.declarations import partnership as partnerships
from hub.declarations.gateways import Gateways
from hub.declarations.partnership import PartnershipFile
from hub.declarations.sources import Sources
from hub.errors import ConfigurationError
from hub.person_files import mapping_reading
from tests.examples import examples

ROOT = Path(__file__).parents[3]
LANCASHIRE = ROOT / "partnerships" / "lancashire"
_BOMB = b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)
)
_MERGED = b"a0: &a0 {x: 1}\n" + b"".join(b"a%d: &a%d {<<: *a%d, k%d: 1}\n" % (n, n, n - 1, n) for n in range(1, 3000))
_LONG_ALIAS = b"a: &a " + b"x" * 90_000 + b"\nb: [" + b"*a, " * 20_000 + b"]\n"

ATTACKS: dict[str, tuple[bytes, str]] = {
    "alias bomb": (_BOMB, "more than 50,000 values"),
    "alias to a long text": (_LONG_ALIAS, "characters once aliases are written out"),
    "a list that holds itself": (b"a: &a [*a]\n", "the anchor a would hold itself"),
    "merge chain": (_MERGED, "merge keys (<<) are not used here"),
    "60,000 levels of brackets": (b"a: " + b"[" * 60_000 + b"]" * 60_000, "maps and lists inside each other"),
    "60,000 levels of dashes": (b"- " * 60_000, "maps and lists inside each other"),
    "60,000 levels of braces": (b"{a: " * 60_000, "maps and lists inside each other"),
    "levels by aliases": (
        b"a0: &a0 [1]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (n, n, n - 1) for n in range(1, 200)),
        "maps and lists inside each other",
    ),
    "120,000 keys": (b"".join(b"k%d: 1\n" % n for n in range(120_000)), "1 MB"),
    "60,000 short keys": (b"".join(b"k%x: 1\n" % n for n in range(60_000)), "more than 50,000 values"),
    "300,000 items": (b"[" + b"a," * 300_000 + b"]", "more than 50,000 values"),
    "a huge text": (b"a: " + b"x" * 900_000, "a text of more than 100,000 characters"),
    "a huge block": (b"a: |\n" + b"  x\n" * 200_000, "a text of more than 100,000 characters"),
    "a huge key": (b"? " + b"x" * 900_000 + b"\n: 1\n", "a text of more than 100,000 characters"),
    "a huge file": (b"# " + b"x" * (64 << 20), "larger than 1 MB"),
    "a huge number": (b"a: " + b"9" * 5_000, "a number of more than 40 characters"),
    "a key twice": (b"name: one\nname: two\n", "a.yaml:2: not valid YAML: found duplicate key name"),
    "two documents": (b"name: one\n---\nname: two\n", "a.yaml:2: not valid YAML: a second document begins"),
    "100,000 documents": (b"--- a\n" * 100_000, "a second document begins"),
    "a tag that makes objects": (b"a: !!python/object/apply:os.system [ls]\n", "is not used here"),
    "a tag of the standard": (b"a: !!binary aGk=\n", "is not used here"),
    "20,000 tag directives": (
        b"".join(b"%%TAG !e%d! tag:x,2000:\n" % n for n in range(20_000)) + b"---\na\n",
        "a.yaml:1: not valid YAML: a line begins with %",
    ),
    "a list as a key": (b"? [a, b]\n: 1\n", "where a key is expected"),
    "no such anchor": (b"a: *b\n", "not valid YAML"),
    "no such day": (b"a: 2024-02-31\n", "a.yaml:1: not valid YAML: there is no such day"),
    "NUL": (b"a: 1\nb: \0\n", "a.yaml:2: not valid YAML: it holds a control character"),
    "NUL in quotes": (b'a: "x\\0y"\n', "it holds a control character"),
    "a lone surrogate": (b"a: \xed\xa0\x80\n", "cannot be read as UTF-8"),
    "a lone surrogate in quotes": (b'a: "\\ud800"\n', "not valid YAML"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "cannot be read as UTF-8"),
    "UTF-16 without a mark": ("a: 1\n".encode("utf-16-le"), "it holds a control character"),
    "UTF-32": ("a: 1\n".encode("utf-32"), "cannot be read as UTF-8"),
    "a key of two lines": (b'"a\\nb": 1\n', "a key holds a character that cannot be seen"),
    "escape codes in a key": (b'"\\e[2J": 1\n', "it holds a control character"),
}


def _write(folder: Path, content: bytes) -> Path:
    path = folder / "a.yaml"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_one_sentence_within_a_second(tmp_path: Path, name: str) -> None:
    content, said = ATTACKS[name]
    path = _write(tmp_path, content)
    for read in (lambda: yaml_documents.read(path, PartnershipFile), lambda: mapping_reading.read(path)):
        began = time.perf_counter()
        with pytest.raises(ConfigurationError) as refused:
            read()
        assert time.perf_counter() - began < 1
        assert str(path) in refused.value.message
        assert len(refused.value.message) < 5_000
        assert refused.value.message.replace("\n", "").isprintable()
    with pytest.raises(ConfigurationError) as refused:
        yaml_documents.read(path, PartnershipFile)
    assert said in refused.value.message


@pytest.mark.parametrize("name", ["alias bomb", "alias to a long text", "60,000 levels of brackets", "a huge file"])
def test_an_attack_takes_little_memory(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path, ATTACKS[name][0])
    tracemalloc.start()
    try:
        with pytest.raises(ConfigurationError):
            yaml_trees.read(path)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_what_is_no_regular_file_is_refused_and_hangs_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    for name in ("fifo.yaml", "folder.yaml", "zero.yaml"):
        with pytest.raises(ConfigurationError, match=rf"{name}: this is not a regular file\."):
            yaml_trees.read(tmp_path / name)
    with pytest.raises(ConfigurationError, match=r"cannot be read \(OSError\)"):
        yaml_trees.read(tmp_path / "loop.yaml")
    with pytest.raises(ConfigurationError, match=r"cannot be read \(ValueError\)"):
        yaml_trees.read(tmp_path / "a\0.yaml")


def test_a_link_to_a_regular_file_is_followed(tmp_path: Path) -> None:
    _write(tmp_path, b"name: one\n")
    (tmp_path / "linked.yaml").symlink_to(tmp_path / "a.yaml")
    assert yaml_trees.read(tmp_path / "linked.yaml") == {"name": "one"}


def test_a_file_that_changed_or_went_still_gives_its_error_a_line(tmp_path: Path) -> None:
    path = _write(tmp_path, b"title: one\nchildren:\n  - x\n")
    assert (
        str(yaml_documents.wrong(path, "children.0", "wrong", "Mend it.")) == f"{path}:3: children.0: wrong. Mend it."
    )
    for content in (b"a: [", b"\0", _BOMB):
        path.write_bytes(content)
        assert f"{path}:1: children.0" in yaml_documents.wrong(path, "children.0", "wrong", "").message
    path.unlink()
    assert f"{path}:1: sections.²" in yaml_documents.wrong(path, "sections.²", "wrong", "").message


def test_the_first_twenty_mistakes_are_listed(tmp_path: Path) -> None:
    path = _write(tmp_path, b"".join(b"k%d: 1\n" % n for n in range(20_000)))
    with pytest.raises(ConfigurationError) as refused:
        yaml_documents.read(path, Gateways)
    lines = refused.value.message.splitlines()
    assert len(lines) == 21
    assert lines[1].startswith(f"{path}:1: k0: this key is not known here")
    assert lines[-1] == f"{path}: and 19,981 more; mend these first."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("yes", "yes"),
        ("~", None),
        ("", None),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-3", -3),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("-.INF", float("-inf")),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("'5'", "5"),
        ('"a\\nb"', "a\nb"),
        ("a<<b", "a<<b"),
    ],
)
def test_values_are_those_of_the_core_schema(text: str, value: Any) -> None:
    found = yaml_trees.parse(f"a: {text}\n".encode(), Path("a.yaml"))["a"]
    assert found == value
    assert type(found) is type(value)


def test_what_we_ship_leaves_room_of_several_times() -> None:
    shipped = [*(ROOT / "partnerships").rglob("*.yaml"), *(ROOT / "hub").rglob("*.yaml")]
    assert len(shipped) > 40
    assert max(path.stat().st_size for path in shipped) * 8 < yaml_trees.MOST_BYTES

    def values(tree: Any) -> int:
        if isinstance(tree, dict):
            return 1 + sum(1 + values(one) for one in tree.values())
        return 1 + sum(values(one) for one in tree) if isinstance(tree, list) else 1

    assert max(values(yaml_trees.read(path)) for path in shipped) * 8 < yaml_trees.MOST_VALUES


def _readers(folder: Path) -> dict[str, Callable[[], object]]:
    """Return what reads each file of a partnership in `folder`."""
    return {
        "partnership.yaml": lambda: yaml_documents.read(folder / "partnership.yaml", PartnershipFile),
        "gateways.yaml": lambda: gateways.read(folder / "gateways.yaml"),
        "sources.yaml": lambda: sources.read(folder / "sources.yaml"),
        "indicators.yaml": lambda: catalogue.read(folder),
        "outcomes.yaml": lambda: yaml_documents.read(folder / "outcomes.yaml", outcomes.Framework),
        "use_cases/early_help_offer.yaml": lambda: yaml_documents.read(
            folder / "use_cases" / "early_help_offer.yaml", use_cases.UseCaseFile
        ),
    }


_PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [b"&a ", b"*a", b"<<: ", b"!!str ", b"\xff", b"\0", b"---\n", b"[" * 40, b"{", b"? ", b"%", b"\t", b"\r", b"'"]
    ),
)


def _read_in_time(read: Callable[[], object]) -> None:
    began = time.perf_counter()
    with contextlib.suppress(ConfigurationError):
        read()
    assert time.perf_counter() - began < 2


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2_000))
def test_random_bytes_are_a_document_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = _write(tmp_path, content)
    _read_in_time(lambda: yaml_documents.read(path, Sources))
    _read_in_time(lambda: mapping_reading.read(path))


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(_readers(LANCASHIRE))),
    changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 30), _PIECES), min_size=1, max_size=4),
)
def test_a_partnership_file_changed_anywhere_is_a_document_or_a_sentence(
    tmp_path: Path, name: str, changes: list[tuple[int, int, bytes]]
) -> None:
    content = bytearray((LANCASHIRE / name).read_bytes())
    for place, gone, put in changes:
        at = place % len(content)
        content[at : at + gone] = put
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    _read_in_time(_readers(tmp_path)[name])


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9)),
        lambda one: (
            st.lists(one, max_size=4)
            | st.dictionaries(
                st.sampled_from(["files", "file", "id", "truth", "date_of_birth", "source", "columns", "x"]), one
            )
        ),
    )
)
def test_any_tree_as_a_mapping_is_a_mapping_or_a_sentence(tmp_path: Path, tree: Any) -> None:
    path = tmp_path / "m.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    _read_in_time(partial(mapping_reading.read, path))


def test_the_real_partnerships_are_read() -> None:
    for folder in (ROOT / "partnerships").iterdir():
        if (folder / "partnership.yaml").exists():
            assert partnerships.read(folder).name == folder.name
