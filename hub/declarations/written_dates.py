"""The one way in which a text becomes a date, as SQL, whatever file it stands in.

    text = dates.plain("trimmed", pivot=None)     # without a time at midnight
    value = dates.value(text, ("%d/%m/%Y",))      # the date, or NULL
    for rule, why in dates.refusals(text, ("%d/%m/%Y",)): ...

| what stands there | how it is read |
| --- | --- |
| a declared format | as declared |
| 2010-03-05, 2010/03/05, 20100305, 05-Mar-2010, 5 March 2010 | as what it is: nothing else can be meant |
| 05-03-2010, 05.03.2010 | as 05/03/2010, where days before months are declared |
| any of these with 00:00, 00:00:00, T00:00:00Z | as the day |
| 40242 | as the day that a spreadsheet means, where `excel` or `excel_1904` is declared; else `date_serial` |
| 05/03/10 | with a declared pivot; else `date_century`: two digits do not say which century |
| 03/04/2010 in a column that holds months before days | `date_order`: nobody can say which is the day |
| anything else | `date` |
"""

from collections.abc import Iterable, Sequence

from hub import sql

EXCEL, EXCEL_1904 = "excel", "excel_1904"
"""For a file's `dates`: a whole number of five digits is a day as Excel counts them, from 1900 or from 1904."""

SERIALS = {EXCEL: "DATE '1899-12-30'", EXCEL_1904: "DATE '1904-01-01'"}

_DAY_FIRST = "%d/%m/%Y"
_AS_DAY_FIRST = ("%d-%m-%Y", "%d.%m.%Y")
_CERTAIN = ("%Y-%m-%d", "%Y/%m/%d", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d-%B-%Y")
_MIDNIGHT = r"[ T]+(0?0:00(:00([.,]0+)?)?( ?(Z|\+00:?00))?|12:00(:00)? ?AM)$"
_TWO_DIGITS = r"[0-9]{1,2}[-/. ]([0-9]{1,2}|[A-Za-z]{3,9})[-/. ][0-9]{2}"
_WORDS = r"[0-9]{1,2}[- ][A-Za-z]{3,9}[- ][0-9]{4}"
_SERIAL = r"[0-9]{5}(\.0*)?"
_NUMBERS = r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}"
_YEAR_ONE = "0001-01-01"


def plain(text: str, pivot: int | None = None) -> str:
    """Return the SQL of a text without a time at midnight, and with a whole year where a pivot tells which.

    Args:
        text: the SQL of the trimmed text.
        pivot: two digits up to it are of 2000 to 2099, others of 1900 to 1999; None leaves them alone.
    """
    day = (
        f"CASE WHEN strlen({text}) > 10 AND contains({text}, ':') "
        f"THEN regexp_replace({text}, {sql.text(_MIDNIGHT)}, '', 'i') ELSE {text} END"
    )
    if pivot is None:
        return day
    year = f"TRY_CAST(right({day}, 2) AS INTEGER)"
    century = f"CASE WHEN {year} <= {pivot} THEN '20' ELSE '19' END"
    whole = f"left({day}, length({day}) - 2) || ({century}) || right({day}, 2)"
    return f"CASE WHEN regexp_full_match({day}, {sql.text(_TWO_DIGITS)}) THEN {whole} ELSE {day} END"


def value(text: str, formats: Sequence[str], *, doubtful: bool = False, birthday: bool = False) -> str:
    """Return the SQL of the date that a plain text says, or NULL.

    Args:
        text: the SQL of the text, after `plain`.
        formats: the declared formats, in the order in which they are tried; `excel` and `excel_1904` may be among them.
        doubtful: the column holds months before days too, so a date that could be either is none.
        birthday: a birthday, of which one before the year 1000 is written for "not known"
            (`declarations.placeholders`).
    """
    declared = [one for one in formats if one not in SERIALS]
    also = [*_CERTAIN, *(_AS_DAY_FIRST if _DAY_FIRST in declared else ())]
    tries = _parsed(text, [*declared, *(one for one in also if one not in declared)])
    tries.append(f"CASE WHEN regexp_full_match({text}, '[0-9]{{8}}') THEN try_strptime({text}, '%Y%m%d') END")
    moment = f"coalesce({', '.join(tries)})"
    first = f" OR {text} = '{_YEAR_ONE}'" if birthday else ""
    found = f"CASE WHEN {moment} >= TIMESTAMP '1000-01-01'{first} THEN ({moment})::DATE END"
    for one in formats:
        if one in SERIALS:
            days = f"TRY_CAST(regexp_extract({text}, '^[0-9]{{5}}') AS INTEGER)"
            found = f"CASE WHEN {_is(text, _SERIAL)} THEN {SERIALS[one]} + {days} ELSE {found} END"
            break
    return f"CASE WHEN {either(text)} THEN NULL ELSE {found} END" if doubtful else found


def refusals(text: str, formats: Sequence[str], *, doubtful: bool = False) -> list[tuple[str, str]]:
    """Return the rules of an unreadable date, each with the SQL that says whether that is why; one of them holds.

    Args:
        text: the SQL of the text, after `plain`.
        formats: the declared formats.
        doubtful: see `value`.
    """
    named = [("date_century", _is(text, _TWO_DIGITS))]
    if not SERIALS.keys() & set(formats):
        named.append(("date_serial", _is(text, _SERIAL)))
    # Always a rule, so that the rules of two files of one table are the same.
    named.append(("date_order", either(text) if doubtful else "false"))
    known = " OR ".join(f"coalesce({condition}, false)" for _, condition in named)
    return [("date", f"NOT ({known})"), *named]


def either(text: str) -> str:
    """Return the SQL that says whether days before months and months before days both give a date, and not the same."""
    one, two = _part(text, 1), _part(text, 2)
    return f"({_is(text, _NUMBERS)} AND {one} <= 12 AND {two} <= 12 AND {one} <> {two})"


def evidence(text: str) -> tuple[str, str]:
    """Return the SQL that counts texts which only days before months explain, and which only months before days do."""
    one, two = _part(text, 1), _part(text, 2)
    numbers = _is(text, _NUMBERS)
    return (
        f"count(*) FILTER ({numbers} AND {one} BETWEEN 13 AND 31 AND {two} <= 12)",
        f"count(*) FILTER ({numbers} AND {two} BETWEEN 13 AND 31 AND {one} <= 12)",
    )


def may_be_doubtful(formats: Iterable[str]) -> bool:
    """Say whether days before months are declared, and months before days are not."""
    declared = set(formats)
    return _DAY_FIRST in declared and not any(one.startswith("%m") for one in declared)


def _part(text: str, at: int) -> str:
    return f"TRY_CAST(string_split_regex({text}, '[-/.]')[{at}] AS INTEGER)"


def _is(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {sql.text(pattern)})"


def _parsed(text: str, formats: Sequence[str]) -> list[str]:
    """Return the SQL of what a text says by any of some formats, in a few tries.

    Formats are tried together where they share what a text must have. A text that two of them can read has the marks of
    both, so that these stand in one try, in their order; a failed try costs ten times a search for the mark.
    """
    tries: dict[str, list[str]] = {}
    for one in formats:
        # DuckDB reads words such as "epoch" as days, so the whole form is asked for.
        words = _is(text, _WORDS) if "%b" in one or "%B" in one else ""
        mark = next((mark for mark in ("-", "/", ".", " ", ":") if mark in one), "")
        tries.setdefault(words or (f"contains({text}, {sql.text(mark)})" if mark else "true"), []).append(one)
    return [
        f"CASE WHEN {condition} THEN try_strptime({text}, [{', '.join(map(sql.text, those))}]) END"
        for condition, those in tries.items()
    ]
