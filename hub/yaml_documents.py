"""YAML documents of a partnership, validated by pydantic, with errors that name file, line and remedy."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from hub.errors import ConfigurationError

_MAX_BYTES = 4 << 20


class Document(BaseModel):
    """Base of everything that a partnership declares: unknown keys are errors, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


DocumentT = TypeVar("DocumentT", bound=BaseModel)


def read(path: Path, model: type[DocumentT]) -> DocumentT:
    """Read one YAML file as `model`.

    Raises:
        ConfigurationError: the file is missing, not UTF-8 YAML, or not as `model` declares. The message lists every
            finding as `file:line: where: what is wrong`.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigurationError(f"{path}: larger than 4 MB.", "A partnership's file is written by people.")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file.", "`sentinel init DIR` writes a commented starter.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as UTF-8 ({type(error).__name__}).") from None
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path}:{line}: not valid YAML: {error.problem}.") from None
    except (YAMLError, ValueError) as error:
        raise ConfigurationError(f"{path}:1: not valid YAML: {type(error).__name__}.") from None
    try:
        return model.model_validate(_plain(tree))
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
    location = tuple(int(part) if part.isdigit() else part for part in where.split("."))
    line = line_of(YAML(typ="rt").load(path.read_text(encoding="utf-8-sig")), location)
    return ConfigurationError(f"{path}:{line}: {where}: {what}.", remedy)


def line_of(tree: Any, location: tuple[int | str, ...]) -> int:
    """Return the line (from 1) of the deepest part of `location` that stands in the file."""
    line = 1
    for key in location:
        if isinstance(tree, CommentedMap) and key in tree:
            line = tree.lc.value(key)[0] + 1 if _is_block(tree[key]) else tree.lc.key(key)[0] + 1
            tree = tree[key]
        elif isinstance(tree, CommentedSeq) and isinstance(key, int) and key < len(tree):
            line = tree.lc.item(key)[0] + 1
            tree = tree[key]
        elif isinstance(tree, CommentedMap | CommentedSeq):
            break
    return line


def _is_block(value: Any) -> bool:
    return isinstance(value, CommentedMap | CommentedSeq)


def _plain(tree: Any) -> Any:
    if isinstance(tree, CommentedMap):
        return {key: _plain(value) for key, value in tree.items()}
    if isinstance(tree, CommentedSeq):
        return [_plain(value) for value in tree]
    return tree


def _findings(path: Path, tree: Any, error: ValidationError) -> str:
    lines = []
    for finding in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in finding["loc"]) or "the file"
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
    return "\n".join(lines)
