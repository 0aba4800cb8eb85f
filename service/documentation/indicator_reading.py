"""How to read an entry of the page of indicators: windows, what no record means, and what each measure works out."""

import datetime
from collections.abc import Iterable

from features.declarations.catalogue import Indicator
from features.declarations.measures import DEFINITIONS, Measure, Reads
from features.dictionary import words
from hub.dates import in_words

_DAY = datetime.timedelta(days=1)
_NEEDS = {
    Reads.EVENTS: "which records count",
    Reads.KINDS: "named kinds, and which records are of each",
    Reads.SPELLS: "which records begin a time and which end it",
    Reads.NOTHING: "nothing more",
}

_TEXT = """
## How to read an entry

An indicator is one number about one person on one **date of looking**. It is worked out from records that agencies
sent. A record says what somebody wrote down; it is not a child's life, and it is no diagnosis.

### The window

Only what happened inside the window counts, and only what was already known on the date of looking. So the number is
the same whether it is worked out on that day or years later. Take `{example}`:

```
{drawn}
```

Some indicators compare the last days with those before, both inside the window. `{compared}`, {dates}.

### Times: what begins and ends

Some indicators are about how long something went on, such as help or a plan. A time begins with one record and lasts to
the first record of its end; without one it is still going on. Times that overlap or touch count as one, so no day
counts twice, and days outside the window do not count:

```
       ├───────────────┤   the window, 17 days; the date of looking follows
  ▓▓▓▓▓▓▓▓▓▓▓              first help: 6 of its days lie in the window
                 ▓▓▓▓▓▓▓…  second help, still going on: 7 days so far
       ██████    ███████   13 days in all; the longest time without a break is 7
```

### No record is not zero

Zero can mean that something did not happen, or that nobody wrote it down, or that an agency has not sent it yet. Each
entry says under *What that means* what a zero, or a missing number, means there. Whether a source ever sent anything
about the person is a number of its own, named `known_to_` and the source: its **coverage**. Every feature set holds
coverage beside the indicators, so that a child without records is never taken for a child without needs. *No number* is
kept as that; it is never filled in with zero or with a mean.

### Whose records

{whose}

### Kind and expected direction

More of an indicator speaks of a need (risk), of a strength (protective), or of neither by itself (context). The
direction is what we expect it to do to the chance of the outcome. A model is held to it, so that no child is thought to
need more help for having been at school more.

### What it may stand in for

A number can carry something that nobody meant to use, such as poverty, ethnicity, disability or where officers go. Each
entry names what it may stand in for. The audit of every model looks for it in the figures as well.

## What is worked out

In the formulas *a* is the date of looking, *w* the length of the window in days, *r* the last days that are compared,
and *n* a number of records. An *event* is what one record says, a *detail* its code, a *spell* a time that begins and
ends. [x, y) means from the day x on until the day before y.

| measure | in plain words | exactly | without any record | what an indicator says for it |
| --- | --- | --- | --- | --- |
{measures}
"""


def lines(indicators: Iterable[Indicator]) -> list[str]:
    """Return the section, with the first of `indicators` that fits as each example."""
    every = tuple(indicators)
    example = next(one for one in every if one.window_days is not None and one.recent_days is None)
    compared = next(one for one in every if one.recent_days is not None)
    return (
        _TEXT.strip()
        .format(
            example=example.name,
            drawn="\n".join(_drawn(example)),
            compared=compared.name,
            dates=words.dates(compared, as_of_date=words.EXAMPLE),
            whose="\n".join(f"- {over.value}: {said}" for over, said in words.WHOSE.items()),
            measures="\n".join(map(_measure, Measure)),
        )
        .splitlines()
    )


def _drawn(indicator: Indicator) -> list[str]:
    """Return the window of `indicator` as a drawing: the days at its two edges, and a record that came late."""
    looking = words.EXAMPLE
    first, last = words.span(indicator, as_of_date=looking)
    before = [] if first is None else [(" ", first - _DAY, "too early: does not count")]
    rows = [
        *before,
        ("┌", first or last, "the first day that counts"),
        ("│", None, ""),
        ("└", last, "the last day that counts"),
        (" ", looking, "the date of looking: what happens on it does not count"),
    ]
    found = [f"Looking on {in_words(looking)}; the window is {words.window(indicator)}.", ""]
    found += [mark if day is None else f"{mark} {in_words(day):<17} {said}" for mark, day, said in rows]
    late = f"happened on {in_words(last - 10 * _DAY)}, recorded on {in_words(looking + 4 * _DAY)}"
    return [*found, "", f"A record that {late}, was not known yet: it does not count."]


def _measure(measure: Measure) -> str:
    said = DEFINITIONS[measure]
    needs = [_NEEDS[said.reads], *["a window"] * said.needs_window, *["the last days to compare"] * said.needs_recent]
    empty = "no number" if said.empty is None else f"{said.empty:g}"
    cells = (measure.value, said.plain, said.formula, empty, ", ".join(needs))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
