"""Who lives in the county and how agencies spell it, checked against slow, obvious oracles."""

import datetime
import itertools
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.factories.lancashire import module
from tests.unit.lancashire.test_need import county

DAY_0 = datetime.date(1970, 1, 1)
DAYS = st.dates(datetime.date(1990, 1, 1), datetime.date(2035, 12, 31))


def number(day: datetime.date) -> int:
    return (day - DAY_0).days


@given(count=st.integers(1, 300), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=examples(60))
def test_sizes_add_up_to_the_children_asked_for(count: int, seed: int) -> None:
    sizes = module("children").sizes(np.random.default_rng(seed), count)
    assert sizes.sum() == count
    assert sizes.min() >= 1
    assert sizes.max() <= 5


@given(day=DAYS)
@settings(deadline=None)
def test_dates_are_written_as_the_calendar_says(day: datetime.date) -> None:
    period = module("period")
    assert period.day(day.isoformat()) == number(day)
    assert list(period.iso([number(day), period.NONE])) == [day.isoformat(), ""]
    assert list(period.british([number(day), period.NONE])) == [day.strftime("%d/%m/%Y"), ""]


@given(born=st.dates(datetime.date(2003, 1, 1), datetime.date(2022, 12, 31)), year=st.integers(2020, 2024))
@settings(deadline=None)
def test_year_groups_follow_the_english_school_year(born: datetime.date, year: int) -> None:
    # A child is in reception in the school year in which it turns five.
    fifth = born.replace(day=1, year=born.year + 5)
    turns_five = next(n for n in range(2000, 2035) if datetime.date(n, 9, 1) <= fifth < datetime.date(n + 1, 9, 1))
    found = module("school").year_group(np.array([number(born)], dtype=np.int32), year)
    assert found[0] == year - turns_five


def test_terms_lie_in_the_period_and_follow_each_other() -> None:
    period = module("period")
    assert len(period.TERMS) == 12
    for term in period.TERMS:
        assert (DAY_0 + datetime.timedelta(days=term.census)).weekday() == 3, "the census is on a Thursday"
        first = period.MONTH_STARTS[term.first_month]
        assert first <= term.census <= term.end < period.MONTH_STARTS[term.last_month + 1] + 31
        assert first >= period.FIRST
    ends = [term.end for term in period.TERMS]
    assert ends == sorted(ends)


def test_stay_is_the_last_one_begun() -> None:
    homes, _ = county(households=80)
    days = np.arange(number(datetime.date(2019, 6, 1)), number(datetime.date(2024, 12, 1)), 97)
    for household in range(len(homes)):
        own = [row for row in range(len(homes.stay_from)) if homes.stay_household[row] == household]
        for day in days:
            expected = max((row for row in own if homes.stay_from[row] <= day), default=own[0])
            found = homes.stay_at(np.array([household]), np.array([day], dtype=np.int32))
            assert found[0] == expected


def test_no_two_families_live_in_one_home_at_once() -> None:
    homes, _ = county(households=1500)
    rows = sorted(
        zip(homes.stay_postcode, homes.stay_house, homes.stay_from, homes.stay_household, strict=True),
        key=lambda row: tuple(int(part) for part in row),
    )
    next_move = {
        (int(h), int(f)): int(later) if same == h else 10**9
        for h, f, same, later in zip(
            homes.stay_household, homes.stay_from, np.append(homes.stay_household[1:], -1),
            np.append(homes.stay_from[1:], 0), strict=True,
        )
    }  # fmt: skip
    reused = 0
    for (postcode, house, since, household), (other, number_, later, newcomer) in itertools.pairwise(rows):
        if (postcode, house) == (other, number_):
            reused += 1
            assert next_move[int(household), int(since)] <= later
            assert household != newcomer
    assert reused > 5, "some homes are taken over, which is what makes households hard"


def test_families_are_families() -> None:
    _, children = county(households=800)
    homes = np.flatnonzero(children.twin_of >= 0)
    assert len(homes) > 10
    for row in homes:
        twin = children.twin_of[row]
        assert children.twin_of[twin] == row
        assert children.household[twin] == children.household[row]
        assert children.born[twin] == children.born[row]
        assert children.given[twin] != children.given[row]
    elder, younger = children.born[:-1], children.born[1:]
    siblings = (children.household[:-1] == children.household[1:]) & (
        children.twin_of[:-1] != np.arange(1, len(children))
    )
    assert (younger - elder)[siblings].min() >= 280
    named = Counter(zip(children.household, children.given, strict=True))
    assert max(named.values()) == 1
    second = children.household[:-1] == children.household[1:]
    assert 0.02 < (children.family[:-1] != children.family[1:])[second].mean() < 0.4, "half-siblings"


def test_nhs_numbers_have_right_check_digits_and_are_one_each() -> None:
    _, children = county(households=200)
    assert len(set(children.nhs_number)) == len(children)
    assert len(set(children.upn)) == len(children)
    for text in children.nhs_number:
        total = sum(int(digit) * weight for digit, weight in zip(text[:9], range(10, 1, -1), strict=True))
        assert (11 - total % 11) % 11 == int(text[9])
        assert text.startswith("999")


@given(day=DAYS.filter(lambda day: day.year > 1991), seed=st.integers(0, 10_000))
@settings(deadline=None)
def test_birthdays_are_mistaken_but_never_made_later(day: datetime.date, seed: int) -> None:
    born = np.array([number(day)], dtype=np.int32)
    module("spelling").mistake_birthdays(np.random.default_rng(seed), born, 1.0)
    assert number(day) - 400 < born[0] <= number(day)


def test_spelling_changes_as_many_names_as_asked() -> None:
    spelling, rng = module("spelling"), np.random.default_rng(4)
    right = np.array(["Elizabeth", "Christopher", "Ashworth", "Muhammad"] * 500, dtype=object)
    wrong = right.copy()
    spelling.misspell(rng, wrong, 0.1)
    assert 0.06 < (wrong != right).mean() < 0.14
    assert all(abs(len(a) - len(b)) <= 1 for a, b in zip(right, wrong, strict=True))
    untouched = right.copy()
    for change in (spelling.misspell, spelling.shorten, spelling.split_hyphens, spelling.mistake_digits):
        change(rng, untouched, 0.0)
    assert (untouched == right).all()
    short = right.copy()
    spelling.shorten(rng, short, 1.0)
    assert set(short[1::4]) == {"Chris"}
    assert set(short[2::4]) == {"Ashworth"}, "a family name has no nickname"
