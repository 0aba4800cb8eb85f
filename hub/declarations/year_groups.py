"""School years as schools write them, as SQL: numbers, the codes of the census, and words.

`R`, `Reception`, `Year 7`, `Y7`, `N2`, `Nursery 1`, `E1`, `7.0`. Years before reception are negative: N2 (the year
before) is -1, N1 is -2, E2 is -3, E1 is -4. `X` is a class that follows no school year, and "Nursery" alone does not
say which one: these count as not known, and are counted.
"""

_WORDS = {
    0: ("r", "rec", "reception", "receptionyear", "yr", "yearr", "f2", "fs2", "foundation2"),
    -1: ("n2", "nursery2", "f1", "fs1", "foundation1"),
    -2: ("n1", "nursery1"),
    -3: ("e2", "early2", "earlyyears2"),
    -4: ("e1", "early1", "earlyyears1"),
}
_NOT_KNOWN = ("x", "nursery", "mixed", "ungraded")
_NUMBER = r"(?i)(nc *)?(year|yr|y)?( *group)? *([+-]?[0-9]{1,2})(\.0*)?"


def value(text: str) -> str:
    """Return the SQL of the school year that a text says, or NULL."""
    words = " ".join(f"WHEN {_plain(text)} IN ({_texts(said)}) THEN {year}" for year, said in _WORDS.items())
    number = f"TRY_CAST(regexp_extract({text}, '{_NUMBER}', 4) AS BIGINT)"
    return f"CASE WHEN regexp_full_match({text}, '{_NUMBER}') THEN {number} {words} END"


def not_known(text: str) -> str:
    """Return the SQL that says whether a text names a class that has no school year."""
    return f"({_plain(text)} IN ({_texts(_NOT_KNOWN)}))"


def _plain(text: str) -> str:
    return f"regexp_replace(lower({text}), '[^a-z0-9]', '', 'g')"


def _texts(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
