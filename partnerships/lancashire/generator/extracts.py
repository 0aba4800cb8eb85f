"""Extracts: what every agency's files have in common, above all the rows about people."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from columns import Coded, Column, Dates, Numbers, Text, looked
from deliveries import Delivery
from period import NONE
from places import Ints
from records import Records

YES = ("N", "Y")


@dataclass(frozen=True, slots=True)
class People:
    """The rows about people that one delivery of one source holds."""

    records: Records
    rows: Ints
    """Rows of `records.where`."""
    delivery: Delivery

    @property
    def held(self) -> Ints:
        """The records that the delivery holds, each once."""
        return np.flatnonzero(self.records.first <= self.delivery.known_by)

    def persons(self, key: str) -> dict[str, Column]:
        """Return what is written down of who each record is, one row a record of the source; `key` names its id."""
        who = self.records.who
        given, family = self.delivery.corrected_names(self.records)
        if self.records.habits.capitals:
            family = np.array([name.upper() for name in family], dtype=object)
        return {
            key: Text(self.records.ids()),
            "upn": Text(who.upn),
            "nhs_number": Text(who.nhs_number),
            "forename": Text(given),
            "surname": Text(family),
            "birth_date": Dates(who.born),
            "sex": Text(self.delivery.children.sex[who.child]),
            "ethnicity": Text(who.ethnicity),
            "disability": Text(who.disability),
        }

    def columns(self, key: str, *names: str) -> dict[str, Column]:
        """Return the columns called `names` of a file with one row a record and address."""
        where, of = self.records.where, self.records.where.of[self.rows]
        found: dict[str, Column] = {name: looked(one, of) for name, one in self.persons(key).items()}
        found |= {
            "address": Text(where.address[self.rows]),
            "postcode": Text(where.postcode[self.rows]),
            "lsoa": Text(where.area[self.rows]),
            "address_from": Dates(where.since[self.rows]),
            "recorded_on": Dates(where.recorded[self.rows]),
        }
        return {name: found[name] for name in (key, *names)}

    def last_rows(self) -> Ints:
        """Return the row of `records.where` that was written last for each record in `held`."""
        last = np.full(len(self.records.who.child), -1)
        # Rows stand in the order of recording.
        last[self.records.where.of[self.rows]] = self.rows
        return last[self.held]

    def ids(self, rows: pd.DataFrame) -> Numbers:
        """Return the agency's own identifier of the child of each row."""
        record = rows["record"].to_numpy() if "record" in rows else 0
        return Numbers(self.records.number[record, rows["child"].to_numpy()], self.records.habits.prefix, 6)

    def record_of(self, rows: pd.DataFrame) -> Ints:
        """Return which record each row is about, where a child has one record."""
        of = np.full(len(self.delivery.children), NONE)
        of[self.records.who.child] = np.arange(len(self.records.who.child))
        found: Ints = of[rows["child"].to_numpy()]
        return found


WITH_ADDRESS = ("address", "postcode", "lsoa", "address_from", "recorded_on")


def people(records: Records, delivery: Delivery) -> People:
    """Return the rows about people that are known by the day of delivery."""
    known = (records.where.recorded <= delivery.known_by) & (records.first <= delivery.known_by)[records.where.of]
    return People(records, np.flatnonzero(known), delivery)


def numbered(rows: pd.DataFrame, prefix: str) -> Numbers:
    """Return the agency's own number of each row, the same in each delivery."""
    return Numbers(rows["row"].to_numpy() + 1, prefix, 7)


def spell(rows: pd.DataFrame, start: str, end: str, recorded: str, ended: str) -> dict[str, Column]:
    """Return the four dates of spells under the names given."""
    return {
        start: Dates(rows["day"].to_numpy()),
        end: Dates(rows["end"].to_numpy()),
        recorded: Dates(rows["recorded"].to_numpy()),
        ended: Dates(rows["end_recorded"].to_numpy()),
    }


def yes(values: pd.Series) -> Coded:
    """Return Y or N."""
    return Coded(values.to_numpy(dtype=np.int32), YES)


def only(chosen: pd.Series, column: Coded) -> Coded:
    """Return the column where `chosen` is true, and nothing recorded elsewhere."""
    return Coded(np.where(chosen.to_numpy(dtype=bool), column.codes, -1).astype(np.int32), column.words)


def ended(rows: pd.DataFrame) -> pd.Series:
    """Return which spells have an end."""
    return rows["end"] != NONE
