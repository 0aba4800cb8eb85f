"""What people write where they do not know a birthday or a name: the only list of such words in the project.

    placeholders.is_birthday(datetime.date(1900, 1, 1))  # True

A birthday that stands here is kept as "not known" and counted. A name that stands here is nobody's name. A partnership
adds its own in partnership.yaml (`placeholders`); what stands here always counts.
"""

import datetime
from collections.abc import Collection

from pydantic import Field

from hub.yaml_documents import Document

BIRTHDAYS: tuple[str, ...] = (
    "0001-01-01",
    "1000-01-01",
    "1111-11-11",
    "1700-01-01",
    "1752-09-14",
    "1753-01-01",
    "1800-01-01",
    "1850-01-01",
    "1858-11-17",
    "1899-12-30",
    "1899-12-31",
    "1900-01-01",
    "1900-01-02",
    "1900-12-31",
    "1901-01-01",
    "1903-03-03",
    "1904-01-01",
    "1904-04-04",
    "1909-09-09",
    "1910-10-10",
    "1911-11-11",
    "1970-01-01",
    "2099-12-31",
    "2100-01-01",
    "2222-02-22",
    "2999-12-31",
    "9999-01-01",
    "9999-09-09",
    "9999-12-31",
)
"""ISO dates that programs write for "not known": the first and last days that databases, spreadsheets and forms can
hold. 1970-01-01 is the first day of many computers' clocks: a person who was born then is 18 since 1988, so in files
about children it is a parent's at most, and to lose that costs less than to join strangers by it. 1 January of usual
years is no member: too many children truly have it; see `linking.records` for what is done with a birthday that is too
common."""

GIVEN_NAMES: tuple[str, ...] = (
    "unborn", "un born", "unborn baby", "unborn child", "newborn", "new born", "new baby", "baby", "baby boy",
    "baby girl", "infant", "foetus", "fetus", "male", "female", "boy", "girl", "child", "son", "daughter", "twin",
    "twin one", "twin two", "twin 1", "twin 2", "twin i", "twin ii", "twin a", "twin b", "triplet", "triplet one",
    "triplet two", "triplet three", "triplet 1", "triplet 2", "triplet 3", "pupil", "student", "patient", "client",
    "service user", "uasc", "a n other", "new", "unknown", "not known", "unk", "unnamed", "no name", "noname",
    "name unknown", "not given", "not stated", "not recorded", "not provided", "none", "null", "nan", "nil", "n/a",
    "na", "nk", "n/k", "tbc", "tba", "tbd", "to be confirmed", "to be advised", "test", "tester", "testing", "dummy",
    "redacted", "withheld", "anonymous", "anon", "confidential", "xx", "xxx", "xxxx", "zz", "zzz", "zzzz", "aaa",
    "abc", "?", "??", "???", "-", "--", ".", "..",
)  # fmt: skip
"""Given names, in lower case, that are no child's name."""

FAMILY_NAMES: tuple[str, ...] = (
    "unborn", "newborn", "baby", "unknown", "not known", "unk", "unnamed", "no name", "noname", "name unknown",
    "not given", "not stated", "not recorded", "not provided", "none", "null", "nan", "nil", "n/a", "nk", "n/k", "tbc",
    "tba", "tbd", "to be confirmed", "to be advised", "test", "tester", "testing", "testpatient", "dummy", "redacted",
    "withheld", "anonymous", "anon", "confidential", "xx", "xxx", "xxxx", "zz", "zzz", "zzzz", "aaa", "abc", "?", "??",
    "???", "-", "--", ".", "..",
)  # fmt: skip
"""Family names, in lower case, that are nobody's. "na" is no member: it is a Korean family name."""


class Placeholders(Document):
    """What a partnership adds to the lists of what is written for "not known"."""

    birthdays: tuple[datetime.date, ...] = Field(default=(), description="Birthdays that mean: not known.")
    given_names: tuple[str, ...] = Field(default=(), description="Given names that are nobody's, in small letters.")
    family_names: tuple[str, ...] = Field(default=(), description="Family names that are nobody's, in small letters.")


def every_birthday(more: Collection[datetime.date] = ()) -> tuple[str, ...]:
    """Return all days that are written for "not known", as ISO dates.

    Args:
        more: the days that a partnership adds.
    """
    return (*BIRTHDAYS, *(day.isoformat() for day in more))


def is_birthday(day: datetime.date, more: Collection[datetime.date] = ()) -> bool:
    """Say whether a day is written for "not known".

    Args:
        day: the birthday.
        more: the days that a partnership adds.
    """
    return day.isoformat() in BIRTHDAYS or day in more


def is_name(name: str, names: Collection[str]) -> bool:
    """Say whether a name is a placeholder, whatever its case and blanks.

    Args:
        name: as it is written.
        names: GIVEN_NAMES or FAMILY_NAMES, with what a partnership adds.
    """
    return " ".join(name.casefold().split()) in names
