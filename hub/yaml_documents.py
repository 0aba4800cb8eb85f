"""YAML documents of a partnership, validated by pydantic, with errors that name file, line and remedy."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from hub import yaml_trees
from hub.errors import ConfigurationError
from hub.yaml_trees import YamlList, YamlMap

MOST_FINDINGS = 20
"""So many mistakes of one file are listed; of the others only how many there are."""

Location = tuple[int | str, ...]


class Document(BaseModel):
    """Base of everything that a partnership declares: unknown keys are errors, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


DocumentT = TypeVar("DocumentT", bound=BaseModel)


def read(path: Path, model: type[DocumentT]) -> DocumentT:
    """Read one YAML file as `model`.

    Raises:
        ConfigurationError: the file is missing, not UTF-8 YAML within the limits of `hub.yaml_trees`, or not as `model`
            declares. The message lists the first findings as `file:line: where: what is wrong`.
    """
    tree = yaml_trees.read(path)
    try:
        return model.model_validate(plain(tree))
    except ValidationError as error:
        raise ConfigurationError(_findings(path, tree, error)) from None


def require_name(path: Path, name: str) -> None:
    """Raise when the document in `path` is called otherwise than its file.

    Raises:
        ConfigurationError: it names both.
    """
    if name != path.stem:
        raise ConfigurationError(f"{path}:1: name: it is called {name}, and its file {path.stem}.", "Rename one.")


def unknown_name(path: Path, where: str, what: str, name: str, known: Iterable[str]) -> ConfigurationError:
    """Return the error for a name in one file that another file should have declared.

    Args:
        path: the file that uses the name.
        where: its place there, parts joined by dots, such as `sources.0.agency`.
        what: the kind of thing, such as "agency".
        name: the name that is not known.
        known: the names that are.
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"Declare the {what}, or correct its name."
    return wrong(path, where, f"there is no {what} called {name}", remedy)


def wrong(path: Path, where: str, what: str, remedy: str) -> ConfigurationError:
    """Return the error for something in a file that cannot be, with the line where it stands.

    Args:
        path: the file.
        where: the place there, parts joined by dots, such as `sources.0.agency`.
        what: what is wrong, without a full stop.
        remedy: what to do about it.
    """
    return ConfigurationError(f"{path}:{line_in(path, location(where))}: {where}: {what}.", remedy)


def location(where: str) -> Location:
    """Return the parts of a place such as `sources.0.agency`; digits are the number of an item."""
    return tuple(int(part) if part.isascii() and part.isdecimal() else part for part in where.split("."))


def line_in(path: Path, place: Location) -> int:
    """Return the line of a place in a file, as the file is now; 1 when it cannot be read any more."""
    try:
        return line_of(yaml_trees.read(path), place)
    except ConfigurationError:
        return 1


def line_of(tree: Any, place: Location) -> int:
    """Return the line (from 1) of the deepest part of `place` that stands in the file."""
    line = 1
    for key in place:
        if isinstance(tree, YamlMap) and key in tree:
            line = tree.value_lines[key] if isinstance(tree[key], dict | list) else tree.key_lines[key]
            tree = tree[key]
        elif isinstance(tree, YamlList) and isinstance(key, int) and key < len(tree):
            line = tree.item_lines[key]
            tree = tree[key]
        elif isinstance(tree, YamlMap | YamlList):
            break
    return line


def plain(tree: Any) -> Any:
    """Return a tree of `hub.yaml_trees` as plain dicts and lists."""
    if isinstance(tree, YamlMap):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, YamlList):
        return [plain(value) for value in tree]
    return tree


def _findings(path: Path, tree: Any, error: ValidationError) -> str:
    lines = []
    for finding in error.errors(include_url=False, include_input=False)[:MOST_FINDINGS]:
        where = ".".join(yaml_trees.shown(part) for part in finding["loc"]) or "the file"
        message = finding["msg"].removeprefix("Value error, ")
        if finding["type"] == "extra_forbidden":
            message = "this key is not known here; correct its spelling or remove it"
        elif finding["type"] == "missing":
            message = "this key is needed; add it"
        elif finding["type"] == "string_pattern_mismatch":
            message = "use lower-case letters, digits and _ only, and begin with a letter"
        elif finding["type"] == "string_type":
            message = "this must be text; put it in quotes"
        lines.append(f"{path}:{line_of(tree, finding['loc'])}: {where}: {message}")
    if error.error_count() > MOST_FINDINGS:
        lines.append(f"{path}: and {error.error_count() - MOST_FINDINGS:,} more; mend these first.")
    return "\n".join(lines)
