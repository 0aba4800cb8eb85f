"""YAML (and JSON) as plain values that know their lines, within limits; every YAML that is read comes through here.

    tree = yaml_trees.read(path)             # dicts and lists; a wrong file is one ConfigurationError, within a second
    tree.key_lines["title"]                  # the line of a key, from 1

The parser (libyaml, through PyYAML) gives one event after the other, and each is weighed before anything is built from
it. An alias counts as everything that it stands for, so a bomb is refused at the line that would make it large.

Values are those of YAML 1.2's core schema (true, false, null, whole numbers, decimals), and days written 2024-05-31.
Tags, merge keys (<<), lines that begin with % and a second document are refused: nothing of ours needs them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from hub import regular_files, yaml_scalars
from hub.errors import ConfigurationError

MOST_BYTES = 1 << 20
"""Of a file. The largest of ours holds 70,000."""
MOST_VALUES = 50_000
"""Of a file: keys, values, maps and lists, aliases written out. The largest of ours holds 3,400."""
MOST_DEPTH = 30
"""Of maps and lists inside each other. The deepest of ours has 9."""
MOST_CHARACTERS = 100_000
"""Of one text or key. The longest of ours holds 2,000."""
MOST_TEXT = 4 << 20
"""Characters of all texts, aliases written out."""

_WRITTEN_BY_PEOPLE = "Such a file is written by people: make it smaller, or take it back from a copy."
_ESCAPES = "Put a regular expression in single quotes, such as '^(rec-\\d+)'."
_CHECK = "Check indentation, quotes and brackets there."
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHORT = 80


class YamlMap(dict[Any, Any]):
    """A map that knows the line of each key and of each value, from 1."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.key_lines: dict[Any, int] = {}
        self.value_lines: dict[Any, int] = {}

    def without(self, key: Any) -> "YamlMap":
        """Return a copy without `key`; an alias may have the same map stand in several places."""
        copy = YamlMap()
        copy.update((name, value) for name, value in self.items() if name != key)
        copy.key_lines, copy.value_lines = self.key_lines, self.value_lines
        return copy


class YamlList(list[Any]):
    """A list that knows the line of each item, from 1."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.item_lines: list[int] = []


def read(
    path: Path,
    *,
    wrong: str = "not valid YAML",
    missing: str = "`sentinel init DIR` writes a commented starter.",
) -> Any:
    """Read a YAML or JSON file: `YamlMap`, `YamlList`, text, number, True, False, day or None.

    Args:
        path: the file.
        wrong: what is said of a file that cannot be read, before the reason.
        missing: what is said when there is no such file.

    Raises:
        ConfigurationError: it is missing, is no regular file, is not UTF-8, is neither YAML nor JSON, or passes a
            limit. The message names file and line.
    """
    try:
        content = regular_files.read(path, most=MOST_BYTES)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file.", missing) from None
    except regular_files.NotRegularError:
        raise ConfigurationError(f"{path}: this is not a regular file.", "Give a file of text.") from None
    except regular_files.TooLargeError:
        raise ConfigurationError(f"{path}: larger than {MOST_BYTES >> 20} MB.", _WRITTEN_BY_PEOPLE) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({type(error).__name__}).", "Check its name.") from None
    return parse(content, path, wrong=wrong)


def parse(content: bytes, path: Path, *, wrong: str = "not valid YAML") -> Any:
    """Return what `content` says; see `read`.

    Args:
        content: UTF-8, with or without a byte-order mark.
        path: the file that it was read from, for messages.
        wrong: see `read`.

    Raises:
        ConfigurationError: as `read`, of what is read.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"{path}:{line}: cannot be read as UTF-8 (UnicodeDecodeError).", "Save the file as UTF-8."
        ) from None
    if path.suffix.lower() == ".json":
        text = text.expandtabs(4)
    builder = _Builder(path, wrong)
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        builder.refuse(text.count("\n", 0, forbidden.start()) + 1, "it holds a control character", "Remove it.")
    directive = re.search(r"^%", text, re.MULTILINE)
    if directive is not None:
        builder.refuse(
            text.count("\n", 0, directive.start()) + 1, "a line begins with %", "Remove it, or indent the text."
        )
    try:
        return builder.build(yaml.parse(text, Loader=_PARSER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or "it cannot be read").splitlines()[0]
        builder.refuse(mark.line + 1 if mark else 1, problem, _ESCAPES if "escape" in problem else _CHECK)
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        builder.refuse(1, f"{type(error).__name__}", "Save the file as UTF-8 text.")


@dataclass(slots=True)
class _Size:
    """How many values, characters and levels a part holds."""

    values: int = 0
    characters: int = 0
    depth: int = 0


@dataclass(slots=True)
class _Open:
    """A map or list that has begun and not ended."""

    tree: YamlMap | YamlList
    line: int
    anchor: str | None
    values: int
    characters: int
    depth: int = 1
    key: Any = None
    key_line: int = 0
    has_key: bool = False


@dataclass(slots=True)
class _Builder:
    """Builds the tree of one file from events, one after the other."""

    path: Path
    wrong: str
    values: int = 0
    characters: int = 0
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, _Size] | None] = field(default_factory=dict)
    root: Any = None
    documents: int = 0

    def refuse(self, line: int, what: str, remedy: str) -> NoReturn:
        raise ConfigurationError(f"{self.path}:{line}: {self.wrong}: {what}.", remedy)

    def build(self, events: Iterator[Any]) -> Any:
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    self.refuse(line, "a second document begins", "Keep one, and remove the line `---`.")
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event.anchor, line)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()
        return self.root

    def _node(self, event: Any, line: int) -> None:
        if event.tag is not None:
            self.refuse(line, f"the tag {shown(event.tag)} is not used here", "Write the value without a tag.")
        if isinstance(event, yaml.ScalarEvent):
            self._weigh(line, _Size(1, len(event.value)))
            value = self._scalar(event, line)
            if event.anchor is not None:
                self.anchors[event.anchor] = value, _Size(1, len(event.value))
            self._add(value, line)
            return
        self._weigh(line, _Size(1, 0, 1))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        tree = YamlMap() if isinstance(event, yaml.MappingStartEvent) else YamlList()
        if self.open and isinstance(self.open[-1].tree, YamlMap) and not self.open[-1].has_key:
            self.refuse(line, "a map or list stands where a key is expected", "Write the key as text.")
        self.open.append(_Open(tree, line, event.anchor, self.values - 1, self.characters))

    def _end(self) -> None:
        ended = self.open.pop()
        if ended.anchor is not None:
            size = _Size(self.values - ended.values, self.characters - ended.characters, ended.depth)
            self.anchors[ended.anchor] = ended.tree, size
        if self.open:
            self.open[-1].depth = max(self.open[-1].depth, ended.depth + 1)
        self._add(ended.tree, ended.line)

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self.anchors:
            self.refuse(line, f"there is no anchor called {shown(anchor)}", "Write the value out.")
        found = self.anchors[anchor]
        if found is None:
            self.refuse(line, f"the anchor {shown(anchor)} would hold itself", "Write the value out.")
        tree, size = found
        self._weigh(line, size)
        if self.open:
            self.open[-1].depth = max(self.open[-1].depth, size.depth + 1)
        self._add(tree, line)

    def _weigh(self, line: int, size: _Size) -> None:
        """Count what comes next, before it is built.

        Raises:
            ConfigurationError: a limit is passed.
        """
        self.values += size.values
        self.characters += size.characters
        if self.values > MOST_VALUES:
            self.refuse(line, f"more than {MOST_VALUES:,} values", _WRITTEN_BY_PEOPLE)
        if len(self.open) + size.depth > MOST_DEPTH:
            self.refuse(line, f"more than {MOST_DEPTH} maps and lists inside each other", _WRITTEN_BY_PEOPLE)
        if self.characters > MOST_TEXT:
            self.refuse(line, f"more than {MOST_TEXT:,} characters once aliases are written out", _WRITTEN_BY_PEOPLE)

    def _add(self, value: Any, line: int) -> None:
        """Put a finished value where it belongs."""
        if not self.open:
            self.root = value
            return
        parent = self.open[-1]
        if isinstance(parent.tree, YamlList):
            parent.tree.append(value)
            parent.tree.item_lines.append(line)
        elif not parent.has_key:
            if isinstance(value, dict | list):
                self.refuse(line, "a map or list stands where a key is expected", "Write the key as text.")
            if not str(value).isprintable():
                self.refuse(line, "a key holds a character that cannot be seen", "Remove it.")
            if value in parent.tree:
                self.refuse(line, f"found duplicate key {shown(value)}", "Keep one of the two.")
            parent.key, parent.key_line, parent.has_key = value, line, True
        else:
            parent.tree[parent.key] = value
            parent.tree.key_lines[parent.key] = parent.key_line
            parent.tree.value_lines[parent.key] = line
            parent.has_key = False

    def _scalar(self, event: Any, line: int) -> Any:
        text: str = event.value
        if len(text) > MOST_CHARACTERS:
            self.refuse(line, f"a text of more than {MOST_CHARACTERS:,} characters", _WRITTEN_BY_PEOPLE)
        if _FORBIDDEN.search(text):  # written as an escape, such as "\\0"
            self.refuse(line, "it holds a control character", "Remove it.")
        if not event.implicit[0]:
            return text
        if text == "<<":
            self.refuse(line, "merge keys (<<) are not used here", "Write the keys out.")
        try:
            return yaml_scalars.value(text)
        except yaml_scalars.WrongError as error:
            self.refuse(line, error.what, error.remedy)


def shown(value: Any) -> str:
    """Return a key or a name for a message: one short line without control characters."""
    text = str(value)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
