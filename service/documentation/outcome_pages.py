"""The page of the demonstration's outcomes framework: its label cards, and how levels are told, from outcomes.yaml."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from features.declarations import outcomes, use_cases
from features.declarations.outcomes import HEADLINES, Outcome
from features.levels import label_cards
from hub.declarations import partnership as partnerships
from hub.declarations.partnership import Partnership
from hub.disclosing.disclosure import FEWEST

_FOLDER = Path(__file__).parents[2] / "partnerships" / "lancashire"


def pages(note: str) -> dict[str, Callable[[], str]]:
    """Return the page by its name below `docs/`, as the function that writes it."""
    return {"outcomes.md": partial(page, note)}


def page(note: str) -> str:
    """Return the page of the framework."""
    found = partnerships.read(_FOLDER)
    framework = outcomes.read(found)
    lines = [note, "# Outcomes framework of the demonstration", "", _INTRODUCTION, "## How levels are told", ""]
    lines += [
        _LEVELS.replace("{FEWEST - 1}", str(FEWEST - 1)).replace("{FEWEST}", str(FEWEST)),
        "## Rules have dates",
        "",
        _DATES,
    ]
    lines += ["| use case | who is eligible | since | why |", "| --- | --- | --- | --- |"]
    for name in use_cases.names(found):
        use_case = use_cases.read(found, name)
        cohort = use_case.cohort
        lines.append(f"| {use_case.name} | {_line(cohort.plain)} | {cohort.since} | {_line(cohort.why)} |")
    lines += ["", "## The ten headline outcomes", ""]
    lines.append("They are those of the Supporting Families programme (outcomes framework, 2022 to 2025).")
    for headline, words in HEADLINES.items():
        lines += ["", f"### {words}", ""]
        if headline in framework.not_measured:
            lines.append(f"Not measured, because {_line(framework.not_measured[headline]).rstrip('.')}.")
        for one in framework.outcomes:
            if one.headline is headline:
                lines += _card(found, one)
    return "\n".join(lines).rstrip() + "\n"


def _card(partnership: Partnership, outcome: Outcome) -> list[str]:
    lines = [f"#### {outcome.title}", "", "| | |", "| --- | --- |"]
    lines += [
        f"| {what} | {_line(words)} |"
        for what, words in label_cards.card(outcome).items()
        if what != "Headline outcome"
    ]
    for source in label_cards.sources(partnership, outcome):
        lines.append(f"| Source | {source['title']} (`{source['source']}`), under {', '.join(source['gateways'])} |")
    lines.append(f"| Levels are told by | {outcome.period.value} |")
    return [*lines, f"| For analysts | `{outcome.name}`: {label_cards.filters(outcome)} |", ""]


def _line(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


_INTRODUCTION = """\
What the partnership hopes to change, each outcome with its *label card*: what it measures, who decides that it
happened, and what is known to be unfair or wrong in it. An outcome is a record of what services, schools or families
did or noticed: an arrest is not an offence, and a referral is a service's act. The cards stand in `outcomes.yaml`
([its keys](partnership.md)); a use case names the outcome that its model estimates, and the audit report, the proposal
before the ethics group and the page of levels show the same card.
"""
_LEVELS = """\
`sentinel features outcomes` tells how many of 1,000 children an outcome happened to, by district and month, quarter or
year; `--page` writes it as a page, `--json` for scripts.

- A child counts once in a period, however often it happened.
- Of whom: people of the snapshot who are of the card's ages on the period's first day, are not known to have died, and
  have an address in the district on that day, as known now. It is never an estimate of how many children live there.
  Who is born or moves in later in the period counts from the next one on; who has no known address in a district is in
  no level.
- The interval is Wilson's, 95 %. “All complete periods” puts them together; its interval is Wilson's too, with the
  variance over children, because a child can count once in each.
- Told is what the hub knows now: what was withdrawn did not happen. Periods of which a source of the outcome has not
  told yet are left out. A period is *not complete* until 19 in 20 records
  will have reached the hub, as late as those that are at least a year old did.
- Only for the framework's purpose, and only from sources with a gateway for it on the day, then and now. An outcome of
  another source says which gateway is missing, and has no level.
- Small numbers: a level of 1 to {FEWEST - 1} children, or of all children or all but fewer than {FEWEST}, is
  withheld. 0 is shown: it is about nobody. With them are withheld as many others, in the rows and in the columns, as
  it takes that each small number could be anything from nobody to ten for someone who knows all that is shown
  (`hub/disclosing/disclosure.py`). All withheld levels look alike.
  Do not publish two such tables about the same children, such as those of two snapshots: no table can know another.
"""
_DATES = """\
A definition holds from `since` until `until`. When it changes, the old one ends and the same name is declared again:
levels of the two are told apart, and a use case takes the one that holds on its dates of looking. A cohort's rule has a
`since` too. A date of looking before it, before the outcome's definition, or with a horizon that reaches past its end
is refused, when the use case is read and when a single child is looked at.

Whoever is known on a date of looking to have died is in no cohort, whatever its rule says: an event of the type `death`
that occurred before the date and was known on it puts a person out. A death that the hub learnt of later does not,
since nobody could have known.
"""
