"""Looking over a partnership's files: every unknown word and every other mistake at once, with file, line and remedy.

    for one in check(Path("county")):
        print(one.place, one.what, one.nearest)

The readers stop at the first name that another file does not declare: right for a command that needs all of them to be
right, and slow for whoever writes them. Here each file is read as far as it can be, names are gathered from what is
there, and everything that is wrong is told. The readers have the last word: what they refuse besides is added.
"""

import difflib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ethics.rules.canvas import CanvasFile
from features.declarations import catalogue, outcomes, use_cases
from features.declarations.catalogue import Catalogue
from features.declarations.outcomes import Framework
from features.declarations.use_cases import UseCaseFile
from hub import yaml_documents, yaml_trees
from hub.declarations import partnership as partnerships
from hub.declarations.gateways import Gateways
from hub.declarations.partnership import PartnershipFile
from hub.declarations.sources import Sources
from hub.errors import ConfigurationError, SentinelError
from hub.yaml_documents import Location
from service.commands.partnership_references import at_place, declared_names, references

_FILES: Mapping[str, type[BaseModel]] = {
    "partnership.yaml": PartnershipFile,
    "gateways.yaml": Gateways,
    "sources.yaml": Sources,
    "indicators.yaml": Catalogue,
    "outcomes.yaml": Framework,
}
_FOLDERS: Mapping[str, type[BaseModel]] = {"use_cases": UseCaseFile, "canvases": CanvasFile}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong.

    Attributes:
        file: its name in the partnership's folder.
        line: from 1.
        where: the place in the file, parts joined by dots.
        what: what is wrong.
        nearest: the known word that is nearest to an unknown one, or what to do; may be empty.
    """

    file: str
    line: int
    where: str
    what: str
    nearest: str

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def check(folder: Path) -> list[Mistake]:
    """Return everything that is wrong in a partnership's folder, by file and line; none when nothing is.

    Raises:
        ConfigurationError: there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: no such folder.", "Give --partnership, or make one with `sentinel init`.")
    found: list[Mistake] = []
    trees: dict[str, Any] = {}
    for name, model in _models(folder):
        try:
            trees[name] = yaml_trees.read(folder / name)
        except ConfigurationError as error:
            found.append(Mistake(name, _line(error.message), "", _words(error.message, name), error.remedy))
            continue
        found += _not_as_declared(name, trees[name], model)
    names = declared_names(trees)
    for name, tree in trees.items():
        for place, what, word, known in references(name, tree, names):
            if isinstance(word, str) and word not in known:
                line = yaml_documents.line_of(tree, place)
                found.append(
                    Mistake(name, line, _dotted(place), f"there is no {what} called {word}", near(word, known))
                )
    if not found:
        found += _of_readers(folder)
    return sorted(dict.fromkeys(found), key=lambda one: (one.file, one.line, one.where))


def near(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to `word`; empty when none is near."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), "")


def _models(folder: Path) -> Iterator[tuple[str, type[BaseModel]]]:
    yield from _FILES.items()
    for name, model in _FOLDERS.items():
        for path in sorted((folder / name).glob("*.yaml")):
            yield f"{name}/{path.name}", model


def _dotted(place: Location) -> str:
    return ".".join(str(part) for part in place)


def _line(message: str) -> int:
    parts = message.split(":")
    return next((int(part) for part in parts[1:3] if part.strip().isdigit()), 1)


def _words(message: str, name: str) -> str:
    return message.split(f"{name}:", 1)[-1].lstrip("0123456789: ").rstrip(".")


def _not_as_declared(name: str, tree: Any, model: type[BaseModel]) -> list[Mistake]:
    """Return what a file's own schema says against it, with the nearest key or choice for an unknown one."""
    try:
        model.model_validate(yaml_documents.plain(tree))
    except ValidationError as error:
        found = []
        every = error.errors(include_url=False, include_input=False)
        for one in every:
            if one["type"] == "too_short" and any(_inside(other["loc"], one["loc"]) for other in every):
                continue  # a list counts as empty because what is in it is wrong
            place, what, nearest = one["loc"], one["msg"].removeprefix("Value error, "), ""
            if one["type"] == "extra_forbidden":
                what, nearest = "this key is not known here", near(str(place[-1]), _keys_at(model, place[:-1]))
            elif one["type"] == "missing":
                what = "this key is needed"
            elif one["type"] in ("enum", "literal_error"):
                choices = str(one.get("ctx", {}).get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")
                what, nearest = f"it is one of {', '.join(choices)}", near(str(at_place(tree, place)), choices)
            shown = ".".join(yaml_trees.shown(part) for part in place)
            found.append(Mistake(name, yaml_documents.line_of(tree, place), shown, what, nearest))
        return found
    except ConfigurationError as error:
        return [Mistake(name, _line(error.message), "", _words(error.message, name), error.remedy)]
    return []


def _inside(place: Location, outer: Location) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _keys_at(model: type[BaseModel], place: Location) -> set[str]:
    """Return the keys that a schema knows at a place."""
    here: list[Any] = [model]
    for part in place:
        here = [
            inner
            for one in here
            for inner in (_models_in(one.model_fields[part].annotation) if _has(one, part) else [one])
        ]
    return {key for one in here if _is_model(one) for key in one.model_fields}


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def _has(one: Any, part: int | str) -> bool:
    return _is_model(one) and part in one.model_fields


def _models_in(annotation: Any) -> list[Any]:
    if _is_model(annotation):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType, tuple, list, dict) or get_args(annotation):
        return [one for inner in get_args(annotation) for one in _models_in(inner)]
    return []


def _of_readers(folder: Path) -> list[Mistake]:
    """Return what the readers refuse besides: expressions, rules between files, dates on which a rule does not hold."""
    found: list[Mistake] = []
    try:
        partnership = partnerships.read(folder)
    except SentinelError as error:
        return [_told(folder, error)]
    readers: list[Callable[[], object]] = [
        lambda: catalogue.read(folder),
        lambda: outcomes.read(partnership),
        *((lambda name=name: use_cases.read(partnership, name)) for name in use_cases.names(partnership)),
    ]
    for read in readers:
        try:
            read()
        except SentinelError as error:
            found.append(_told(folder, error))
    return found


def _told(folder: Path, error: SentinelError) -> Mistake:
    path, _, rest = error.message.partition(":")
    try:
        name = Path(path).relative_to(folder).as_posix()
    except ValueError:
        return Mistake("", 1, "", error.message.rstrip("."), error.remedy)
    line, _, rest = rest.partition(":")
    where, _, what = rest.strip().partition(": ")
    if not line.isdigit() or not what:
        return Mistake(name, 1, "", rest.strip().rstrip(".") or error.message.rstrip("."), error.remedy)
    return Mistake(name, int(line), where, what.rstrip("."), error.remedy)
