"""A mistake in a partnership's file is answered with file, line, place and remedy."""

from pathlib import Path

import pytest
from pydantic import Field

from hub import yaml_documents
from hub.errors import ConfigurationError
from hub.yaml_documents import Document


class Child(Document):
    name: str
    age: int = Field(ge=0)


class Family(Document):
    title: str = Field(min_length=3)
    children: tuple[Child, ...] = ()


GOOD = "title: The Smiths\nchildren:\n  - name: Ann\n    age: 3\n  - name: Ben\n    age: 5\n"


def _read(tmp_path: Path, content: str | bytes) -> Family:
    path = tmp_path / "family.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return yaml_documents.read(path, Family)


def test_a_good_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    assert _read(tmp_path, GOOD).children[1].age == 5
    assert _read(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).title == "The Smiths"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD.replace("age: 5", "aeg: 5"), "family.yaml:6: children.1.aeg: this key is not known here"),
        (GOOD.replace("    age: 5\n", ""), "family.yaml:5: children.1.age: this key is needed; add it"),
        (GOOD.replace("age: 3", "age: -3"), "family.yaml:4: children.0.age: Input should be greater than or equal"),
        (GOOD.replace("age: 3", "age: three"), "family.yaml:4: children.0.age: Input should be a valid integer"),
        ("title: [unclosed\n", "family.yaml:2: not valid YAML"),
        ("title: A\n\tb: 1\n", "family.yaml:2: not valid YAML"),
        ("title: one\ntitle: two\n", "family.yaml:2: not valid YAML: found duplicate key"),
        ("", "family.yaml:1: the file: Input should be a valid dictionary"),
        ("- a\n- b\n", "family.yaml:1: the file: Input should be a valid dictionary"),
        (b"title: Ren\xe9e\n", "cannot be read as UTF-8 (UnicodeDecodeError)"),
    ],
)
def test_each_mistake_names_file_line_and_place(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        _read(tmp_path, content)
    assert message in str(refused.value)
    assert refused.value.exit_code == 2


def test_every_mistake_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        _read(tmp_path, GOOD.replace("age: 3", "age: x").replace("age: 5", "age: y"))
    assert [line.split(": ")[1] for line in refused.value.message.splitlines()] == ["children.0.age", "children.1.age"]


def test_a_missing_and_a_huge_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no such file\. `sentinel init DIR`"):
        yaml_documents.read(tmp_path / "none.yaml", Family)
    with pytest.raises(ConfigurationError, match="larger than 1 MB"):
        _read(tmp_path, b"title: " + b"x" * (5 << 20))


def test_a_value_that_is_wrong_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        _read(tmp_path, GOOD.replace("age: 3", "age: Zaphodbeeble"))
    assert "Zaphodbeeble" not in str(refused.value)


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "family.yaml"
    path.write_text(GOOD)
    error = yaml_documents.unknown_name(path, "children.1.name", "child", "Bne", ["Ann", "Ben"])
    assert str(error) == f"{path}:5: children.1.name: there is no child called Bne. Did you mean Ben?"
    error = yaml_documents.unknown_name(path, "children.1.name", "child", "xyz", ["Ann", "Ben"])
    assert error.remedy == "Declare the child, or correct its name."
