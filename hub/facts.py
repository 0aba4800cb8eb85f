"""Facts: what the manifest of an artefact says of it, one frozen model for each kind, checked when it is opened.

    class ThingFacts(Facts):
        schema_version: int
        rows: int
        "Rows of the table."

    with artefacts.publish(folder, "thing", ThingFacts(...).as_json()) as draft: ...
    found = facts.read(artefact, ThingFacts, version=1, remedy="Make it anew.")     # found.rows

A fact is declared once, with its meaning and unit, and the same model writes and reads it: what is read and written
again has the same bytes. Nothing is converted when a manifest is read: a number that is written as text is refused.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from hub import figures
from hub.errors import IntegrityError, OtherSchemaError
from hub.figures import Figure, NotComputed, Stated
from hub.published import Artefact

_MOST_CHARACTERS = 40
_WRONG = {"missing": "is missing", "extra_forbidden": "is none that Sentinel writes"}


_FIGURE: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("value", "low", "high"), (int, float)),
    **{"n": (int,), "unit": (str,), "not_computed": (str,)},
}
"""What may stand in the JSON form of a figure; True is no number."""


class Facts(BaseModel):
    """Base of what manifests say: unknown names are refused, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form, as a manifest holds it."""
        return self.model_dump(mode="json")


def _stated(value: Any) -> Stated:
    if isinstance(value, Figure | NotComputed):
        return value
    if not isinstance(value, dict) or any(type(said) not in _FIGURE.get(name, ()) for name, said in value.items()):
        raise ValueError("no figure")
    try:
        found = figures.from_json(value)
    except (KeyError, OverflowError):
        raise ValueError("no figure") from None
    if found.as_json().keys() != value.keys():
        raise ValueError("no figure")
    return found


FigureFact = Annotated[Stated, PlainValidator(_stated), PlainSerializer(lambda one: one.as_json())]
"""A figure with its interval, or that it was not computed and why; see `hub.figures`."""

Count = Annotated[int, Field(ge=0)]
"""How many; 0 or more."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hexadecimal."""

Earlier = Annotated[tuple[str, ...], Field(exclude_if=lambda digests: not digests)]
"""Digests of what it was before erasures wrote it anew, the oldest first; not written where there were none."""

FactsT = TypeVar("FactsT", bound=Facts)


def read(artefact: Artefact, model: type[FactsT], *, version: int, remedy: str) -> FactsT:
    """Return the facts of an artefact.

    Args:
        artefact: an opened one.
        model: the facts of its kind.
        version: the schema that this code writes, which the fact `schema_version` must be.
        remedy: how to get one that can be read, in a sentence.

    Raises:
        OtherSchemaError: it is of another version.
        IntegrityError: a fact is missing, wrong or unknown; the message names the first, and never a value.
    """
    said = artefact.facts.get("schema_version", version)
    if type(said) is int and said != version:
        raise OtherSchemaError(
            f"The {artefact.kind} {artefact.digest[:12]} has schema {said}, this is {version}.", remedy
        )
    try:
        return model.model_validate_json(to_json(artefact.facts), strict=True)
    except PydanticSerializationError:
        raise IntegrityError(
            f"The {artefact.kind} {artefact.digest[:12]} is not one that Sentinel publishes: its facts are nested too "
            "deeply.",
            remedy,
        ) from None
    except ValidationError as error:
        finding = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(ascii(part).strip("'")[:_MOST_CHARACTERS] for part in finding["loc"])
        wrong = _WRONG.get(finding["type"], "is not written as Sentinel writes it")
        raise IntegrityError(
            f"The {artefact.kind} {artefact.digest[:12]} is not one that Sentinel publishes: its fact {where} {wrong}.",
            remedy,
        ) from None


def differing(said: Facts, expected: Mapping[str, Any]) -> list[str]:
    """Return which facts are not what is expected, such as `["partnership"]`, in the order in which they are given."""
    return [name for name, value in expected.items() if getattr(said, name) != value]
