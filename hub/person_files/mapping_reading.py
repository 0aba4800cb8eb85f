"""The mapping of `sentinel hub link FILE… --mapping M`: which column of a file says what of a person. YAML or JSON.

    given_name: first_name                       files:                       # or one mapping for each file
    family_name: surname                           febrl4a.csv: {id: rec_id, …}
    date_of_birth: {column: dob, format: d/m/Y}    febrl4b: {id: rec_id, …}

Many words are understood for a field (FIELDS); what cannot be meant is an error with file, line and the nearest name.
docs/link_files.md shows every form.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub import yaml_trees
from hub.errors import ConfigurationError
from hub.person_files import mapping_words as words
from hub.person_files.mapping import FileMapping, Mappings
from hub.yaml_trees import YamlList, YamlMap


def read(path: Path) -> Mappings:
    """Read a mapping.

    Raises:
        ConfigurationError: it is missing, is neither YAML nor JSON, or says something that cannot be meant.
    """
    missing = "docs/link_files.md shows a mapping."
    tree = yaml_trees.read(path, wrong="neither YAML nor JSON", missing=missing)
    if not isinstance(tree, YamlMap) or not tree:
        raise ConfigurationError(f"{path}:1: a mapping is lines such as `given_name: first_name`.")
    known = {words.plain(key): key for key in tree}
    holder = next((known[one] for one in words.FILES if one in known), None)
    entries = tree.get(holder) if holder is not None else None
    every = _fill(FileMapping(path), tree, skip=holder)
    files: dict[str, FileMapping] = {}
    if holder is not None:
        for name, line, entry in _entries(path, tree, holder, entries):
            if name in files:
                raise ConfigurationError(f"{path}:{line}: {name} stands in `{holder}` twice.")
            files[name] = _fill(every, entry)
    if not files and not every.columns and not every.identifiers:
        raise ConfigurationError(f"{path}:1: no field is mapped.", "Add lines such as `given_name: first_name`.")
    return Mappings(path, every, files)


def _entries(path: Path, tree: YamlMap, holder: str, entries: Any) -> list[tuple[str, int, YamlMap]]:
    line = tree.key_lines[holder]
    if isinstance(entries, YamlMap) and entries:
        found = [(str(name), entries.key_lines[name], entry) for name, entry in entries.items()]
    elif isinstance(entries, YamlList) and entries:
        found = []
        for number, entry in enumerate(entries):
            at = entries.item_lines[number]
            keys = list(entry) if isinstance(entry, YamlMap) else []
            key = next((one for word in words.FILE for one in keys if words.plain(one) == word), None)
            if key is None:
                raise ConfigurationError(f"{path}:{at}: {holder}.{number}: say which file, as in `file: school.csv`.")
            found.append((str(entry[key]), at, entry.without(key)))
    else:
        raise ConfigurationError(f"{path}:{line}: {holder}: name each file with its mapping below it.")
    for name, at, entry in found:
        if not isinstance(entry, YamlMap):
            raise ConfigurationError(f"{path}:{at}: {name}: needs lines such as `given_name: first_name` below it.")
    return found


def _fill(base: FileMapping, tree: YamlMap, skip: str | None = None) -> FileMapping:
    """Return `base` with everything that `tree` says."""
    mapping = base
    seen: dict[str, str] = {}
    for key, value in tree.items():
        if key == skip:
            continue
        line = tree.key_lines[key]
        name = words.known(str(key))
        if name is None:
            raise ConfigurationError(f"{base.path}:{line}: {key}: no field is called so.", _remedy(str(key), value))
        mapping = replace(mapping, lines={**mapping.lines, name: line})
        if name == "columns":
            if not isinstance(value, YamlMap):
                raise mapping.error(name, "needs lines such as `given_name: first_name` below it.")
            mapping = _fill(mapping, value)
        elif name == "identifiers":
            mapping = _identifiers(mapping, value, line)
        elif name in words.KINDS:
            mapping = replace(mapping, identifiers={**mapping.identifiers, name: _column(mapping, name, value)})
        elif name in words.SETTINGS:
            mapping = _setting(mapping, name, value)
        elif name == "date_of_birth":
            mapping = _date(mapping, value)
        elif name == "address" and seen.get(name):
            mapping = _with(mapping, name, (*mapping.columns[name], *_columns(mapping, name, value)))
        elif name in seen:
            raise mapping.error(name, f"`{seen[name]}` and `{key}` say the same.", "Keep one, with a list of columns.")
        else:
            mapping = _with(mapping, name, _columns(mapping, name, value))
        seen[name] = str(key)
    return mapping


def _remedy(key: str, value: Any) -> str:
    if isinstance(value, str) and words.known(value) is not None:
        return f"Write the field first, then the column: `{value}: {key}`."
    return words.nearest(words.plain(key), words.ALL) or f"Known are {', '.join(words.FIELDS)}."


def _with(mapping: FileMapping, name: str, columns: tuple[str, ...]) -> FileMapping:
    return replace(mapping, columns={**mapping.columns, name: columns})


def _columns(mapping: FileMapping, name: str, value: Any) -> tuple[str, ...]:
    """Return the columns that a value names: one, several in a list, or `column(s):` of a map."""
    if isinstance(value, YamlMap):
        inner = {words.plain(key): one for key, one in value.items()}
        if set(inner) in ({"column"}, {"columns"}):
            return _columns(mapping, name, next(iter(inner.values())))
        raise mapping.error(name, "name its column.", f"Write `{name}: COLUMN`, or a list of columns.")
    found = tuple(_text(one) for one in (value if isinstance(value, YamlList) else [value]))
    if not found or not all(found):
        raise mapping.error(name, "name its column.", f"Write `{name}: COLUMN`, or a list of columns.")
    return found


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _column(mapping: FileMapping, name: str, value: Any) -> str:
    found = _columns(mapping, name, value)
    if len(found) > 1:
        raise mapping.error(name, "an identifier stands in one column.")
    return found[0]


def _identifiers(mapping: FileMapping, value: Any, line: int) -> FileMapping:
    """Understand `{nhs_number: COLUMN}`, or columns that are called as the identifier is."""
    if isinstance(value, YamlMap):
        named = {words.plain(kind): (one, value.key_lines[kind]) for kind, one in value.items()}
    else:
        named = {words.plain(one): (one, line) for one in _columns(mapping, "identifiers", value)}
    lines = {**mapping.lines, **{f"identifiers.{kind}": at for kind, (_, at) in named.items()}}
    mapping = replace(mapping, lines=lines)
    found = {kind: _column(mapping, f"identifiers.{kind}", one) for kind, (one, _) in named.items()}
    return replace(mapping, identifiers={**mapping.identifiers, **found})


def _date(mapping: FileMapping, value: Any) -> FileMapping:
    """Understand a column, `{column, format}`, three columns in a list, or `{year, month, day}`."""
    name = "date_of_birth"
    if isinstance(value, YamlMap):
        inner = {words.plain(key): one for key, one in value.items()}
        extra = set(inner) - {"column", "columns", "format", "formats", "year", "month", "day"}
        if extra:
            known = ("column", "format", "year", "month", "day")
            raise mapping.error(name, f"{min(extra)} is not known here.", words.nearest(min(extra), known))
        formats = inner.get("format", inner.get("formats"))
        if formats is not None:
            mapping = replace(mapping, dates=_formats(mapping, name, formats))
        if "year" in inner:
            for part in ("year", "month", "day"):
                if part in inner:
                    mapping = _with(mapping, f"birth_{part}", _columns(mapping, name, inner[part]))
            return mapping
        value = inner.get("column", inner.get("columns"))
    columns = _columns(mapping, name, value)
    if len(columns) == 3:
        order = words.parts_of_a_date(columns)
        for part, column in zip(("birth_year", "birth_month", "birth_day"), order, strict=True):
            mapping = _with(mapping, part, (column,))
        return mapping
    return _with(mapping, name, columns)


def _formats(mapping: FileMapping, name: str, value: Any) -> tuple[str, ...]:
    found = []
    for one in _columns(mapping, name, value):
        if words.plain(one) in ("auto", "detect", "detected"):
            continue
        form = words.date_format(one)
        if form is None:
            raise mapping.error(name, f"the format {one} is not understood.", "Write d/m/Y, Y-m-d or yyyymmdd.")
        found.append(form)
    return tuple(found)


def _setting(mapping: FileMapping, name: str, value: Any) -> FileMapping:
    if name == "one_record_per_person":
        said = {"true": True, "yes": True, "false": False, "no": False}.get(str(value).strip().lower())
        if said is None:
            raise mapping.error(name, "say true or false.")
        return replace(mapping, one_record=said)
    if name == "truth":
        return _truth(mapping, value)
    if name == "date_format":
        return replace(mapping, dates=_formats(mapping, name, value))
    if name == "missing":
        texts = value if isinstance(value, YamlList) else [value]
        return replace(mapping, missing=tuple(str(one).strip().lower() for one in texts))
    if name == "source" and isinstance(value, YamlMap):
        inner = {words.plain(key): one for key, one in value.items()}
        if set(inner) == {"name"}:
            return replace(mapping, source=_text(inner["name"]))
    if name == "source":
        return _with(mapping, "source", (_column(mapping, name, value),))
    if name == "delimiter":
        said_delimiter = {"tab": "\t", "\\t": "\t"}.get(str(value).lower(), str(value))
        if len(said_delimiter) != 1:
            raise mapping.error(name, "one character separates the cells.", "Leave it out: it is found out.")
        return replace(mapping, delimiter=said_delimiter)
    if name == "encoding":
        return replace(mapping, encoding=_text(value))
    return mapping


def _truth(mapping: FileMapping, value: Any) -> FileMapping:
    """Understand a column, a regular expression on the id, or `{column, pattern}`."""
    column: Sequence[str] = ()
    pattern = ""
    if isinstance(value, YamlMap):
        inner = {words.plain(key): one for key, one in value.items()}
        pattern = str(inner.get("pattern", inner.get("regex", inner.get("id", ""))) or "")
        column = _columns(mapping, "truth", inner["column"]) if "column" in inner else ()
        if set(inner) - {"column", "pattern", "regex", "id"} or not (pattern or column):
            raise mapping.error("truth", "name a column, or a pattern on the id.", "Write `truth: cluster`.")
    elif isinstance(value, str) and re.search(r"[\\^$(\[*+]", value):
        pattern = value
    else:
        column = _columns(mapping, "truth", value)
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise mapping.error("truth", f"the pattern is no regular expression: {error.msg}.") from None
    if groups > 1:
        raise mapping.error("truth", "one pair of brackets says what the true person is.", "Others: `(?:…)`.")
    mapping = replace(mapping, truth_pattern=pattern)
    if column:
        return _with(mapping, "truth", tuple(column))
    return replace(mapping, columns={name: one for name, one in mapping.columns.items() if name != "truth"})
