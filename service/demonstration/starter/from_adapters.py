"""A starter for sources in a format that Sentinel reads by name: `sentinel init DIR --adapter ssda903`.

The files are those of the plain starter, with the adapter's source, an indicator of two of its types of event, an
outcome of the first, and a use case of these. Their words are to be written anew: nobody but the partnership knows what
it wants to offer and to whom.
"""

from collections.abc import Mapping, Sequence

from hub.declarations import adapter as adapters
from hub.declarations import sources
from hub.declarations.expressions import nearest
from hub.declarations.powers import Level
from hub.declarations.sources import AdapterFile
from hub.errors import ConfigurationError

_AREA_GATEWAY = """  - name: area_figures # figures about places need no more than this
    law: Children Act 2004 s10
    parties: [council]
    purposes: [early_help]
    regime: UK GDPR
    level: area
    valid_from: 2024-01-01
    valid_to: 2030-12-31
    document: information sharing agreement 2024/02
    owner: Information governance lead
"""


def texts(plain: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return the starter's files, changed for adapters.

    Args:
        plain: the files of the plain starter, by name.
        names: of the adapters, in order, each once.

    Raises:
        ConfigurationError: there is no such adapter.
    """
    for name in names:
        if name not in adapters.names():
            raise ConfigurationError(
                f"There is no adapter called {name}{nearest(name, adapters.names())}.",
                "`sentinel hub adapters` lists them.",
            )
    chosen = {name: sources.check_adapter(name) for name in dict.fromkeys(names)}
    found = dict(plain)
    blocks = [_source(name, one) for name, one in chosen.items()]
    first = next((name for name, one in chosen.items() if one.source.events), None)
    header = "# The sources, in formats that Sentinel reads by name: docs/generated/sources says what each is.\n"
    if first is None:
        found["sources.yaml"] = plain["sources.yaml"].rstrip("\n") + "\n" + "".join(blocks)
    else:
        found["sources.yaml"] = f"{header}sources:\n{''.join(blocks)}"
        found |= _about(plain, first, [event.type for event in chosen[first].source.events])
    if any(one.level is Level.AREA for one in chosen.values()):
        found["gateways.yaml"] = plain["gateways.yaml"].rstrip("\n") + "\n" + _AREA_GATEWAY
    return found


def _source(name: str, adapter: AdapterFile) -> str:
    gateway = "area_figures" if adapter.level is Level.AREA else "working_together"
    files = ", ".join(sorted({file.file for file in adapter.source.files}))
    lines = [
        f"  - name: {name} # {adapter.title}",
        f"    adapter: {name} # its files are called {files}",
        "    agency: council # who delivers it",
        f"    gateways: [{gateway}]",
    ]
    if adapter.source.assumed_recording is None and adapter.level is not Level.AREA:
        lines.append("    # recording_delay_days: 30 # outcomes count as known so many days later")
    lines.append("    # layout: {} # how this agency's files differ: names, sheets, delimiters, headers")
    return "\n".join(lines) + "\n"


def _about(plain: Mapping[str, str], source: str, types: Sequence[str]) -> dict[str, str]:
    """Return indicators, outcomes, use case and canvas about types of event of a source."""
    one, other = types[0], next((kind for kind in types[1:] if kind != types[0]), types[0])
    words = {kind: kind.replace("_", " ") for kind in (one, other)}
    changes = {
        "Times early help began in the past year": f"Times “{words[one]}” was recorded in the past year",
        "Early help was completed at any time before": f"“{words[other]}” was recorded at any time before",
        "Early help began for the child.": f"“{words[one]}” is recorded for the child.",
        "No early help was recorded; families helped elsewhere do not show.": "Nothing of the kind was recorded.",
        "No completed early help was recorded.": "Nothing of the kind was recorded.",
        "Families ask for early help themselves, and every district records it in the same way.": (
            "To be written, why it is fair to use this number of a child."
        ),
        "It speaks of a strength, and leaving it out would hide what families have achieved.": (
            "To be written, why it is fair to use this number of a child."
        ),
        "Families who began early help": f"Children with “{words[one]}”"[:80],
        "early_help_started_365d": f"{one}_365d"[:60],
        "early_help_completed_ever": f"{other}_ever"[:60],
        "early_help_started": one,
        "early_help_completed": other,
        "sources: [early_help]": f"sources: [{source}]",
    }
    found = {}
    for name, text in plain.items():
        if name not in ("partnership.yaml", "gateways.yaml", "sources.yaml"):
            for old, new in changes.items():
                text = text.replace(old, new)
            found[name] = text
    return found
