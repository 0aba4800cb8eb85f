"""One spelling: SQL expressions that bring names, addresses and postcodes to a form in which they can be compared.

Upper case, accents, apostrophes, hyphens and white space do not tell people apart; these expressions take them away.
Anything without a letter (a name) or without a letter or digit (an address) becomes empty: not recorded.
"""

from collections.abc import Iterable

from hub import sql

_LETTERS = "łøıðđħŧŋĸſƒəɓɗɛƙɔɩʊ"
_PLAIN = "loiddhtnksfebdekoiu"
_LIGATURES = (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th"), ("ĳ", "ij"), ("ŉ", "n"))
# Letters that Unicode does not take apart into a letter and an accent, and what agencies' systems write for them.
_SCANNED, _READ = "kmniltjfcgqdvyurbw", "hhhiiiieoooouuuppu"
_TITLES = ("mr", "mrs", "miss", "ms", "mx", "master")


def plain(expression: str) -> str:
    """Return SQL for a text in lower case, in plain letters without accents."""
    plain = f"translate(strip_accents(lower({expression})), '{_LETTERS}', '{_PLAIN}')"
    for letter, written in _LIGATURES:
        plain = f"replace({plain}, '{letter}', '{written}')"
    return plain


def name(expression: str) -> str:
    """Return SQL for a personal name: lower case, without accents and apostrophes, parts separated by one space."""
    letters = f"regexp_replace({plain(expression)}, '[''’ʼ`´.]', '', 'g')"
    return f"nullif(trim(regexp_replace({letters}, '[^\\p{{L}}]+', ' ', 'g')), '')"


def placeholder_names(listed: Iterable[str]) -> tuple[str, ...]:
    """Return SQL literals: how `name` spells the names in a list that are nobody's, and titles."""
    with sql.connect(threads=1) as connection:
        rows = connection.execute(
            f"SELECT DISTINCT {name('one')} AS name FROM (SELECT unnest(?::VARCHAR[]) AS one) "
            "WHERE name IS NOT NULL ORDER BY 1",
            [[*listed, *_TITLES]],
        ).fetchall()
    return tuple(found for (found,) in rows)


def scanned(expression: str) -> str:
    """Return SQL for a name in one spelling as a scanner may have read it: letters that look alike are one letter."""
    return f"translate({expression}, '{_SCANNED}', '{_READ}')"


def address(expression: str) -> str:
    """Return SQL for house and street: lower case letters and digits, usual words shortened."""
    spaced = f"trim(regexp_replace({plain(expression)}, '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"
    for word, short in (("street", "st"), ("road", "rd"), ("avenue", "ave"), ("flat", "fl"), ("apartment", "fl")):
        spaced = f"regexp_replace({spaced}, '\\b{word}\\b', '{short}', 'g')"
    return f"nullif({spaced}, '')"


def postcode(expression: str) -> str:
    """Return SQL for a postcode: lower case letters and digits without spaces; a UK "no fixed abode" code is empty."""
    packed = f"regexp_replace(lower({expression}), '[^a-z0-9]+', '', 'g')"
    return f"CASE WHEN {packed} <> '' AND NOT starts_with({packed}, 'zz99') THEN {packed} END"


def home(street: str, postcode: str) -> str:
    """Return SQL for an address as `house number/letters of the street/postcode`; an empty address is empty.

    Args:
        street: SQL of an address in one spelling.
        postcode: SQL of a postcode in one spelling.
    """
    number = f"array_to_string(regexp_extract_all({street}, '\\p{{N}}+\\p{{L}}?\\b'), ' ')"
    letters = f"regexp_replace({street}, '[^\\p{{L}}]+', '', 'g')"
    whole = f"concat({number}, '/', {letters}, '/', {postcode})"
    return f"CASE WHEN {street} IS NOT NULL OR {postcode} IS NOT NULL THEN {whole} END"


def email(expression: str) -> str:
    """Return SQL for an e-mail address: lower case; what has no @ between two other characters is kept as it is."""
    return f"nullif(regexp_replace({plain(expression)}, '\\s+', '', 'g'), '')"


_SOUNDS = (
    ("[aeiouyhw]*$", ""), ("^(ch|sh|sch)", "x"), ("ph", "f"), ("^(kn|gn|pn)", "n"), ("^wr", "r"), ("ght", "t"),
    ("(ck|q|c|k|g|j|x)+", "k"), ("(z|s)+", "s"), ("(d|t)+h?", "t"), ("(v|f)+", "f"), ("(b|p)+", "b"),
    ("(m|n)+", "n"), ("l+", "l"), ("r+", "r"),
)  # fmt: skip


def sound(expression: str) -> str:
    """Return SQL for how a name in one spelling sounds: its first letter or sound and the consonants that follow."""
    heard = f"regexp_replace({expression}, ' ', '', 'g')"
    for written, said in _SOUNDS:
        heard = f"regexp_replace({heard}, '{written}', '{said}', 'g')"
    first = f"CASE WHEN {heard}[1] IN ('a', 'e', 'i', 'o', 'u', 'y', 'h') THEN 'a' ELSE {heard}[1] END"
    return f"nullif({first} || regexp_replace({heard}[2:], '[aeiouyhw]+', '', 'g'), '')"


def sex(expression: str) -> str:
    """Return SQL for sex as m or f; other codes do not help to tell records apart and become empty."""
    first = f"lower(trim({expression}))"
    return f"CASE WHEN {first} IN ('m', 'male', '1') THEN 'm' WHEN {first} IN ('f', 'female', '2') THEN 'f' END"


def identifier(expression: str) -> str:
    """Return SQL for an identifier: upper case letters and digits."""
    return f"nullif(regexp_replace(upper({expression}), '[^A-Z0-9]+', '', 'g'), '')"
