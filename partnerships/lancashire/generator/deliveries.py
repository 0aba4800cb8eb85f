"""Deliveries: what is known on the day on which agencies hand over their extracts, and what a later one corrects."""

from dataclasses import dataclass

import lots
import numpy as np
import pandas as pd
import period
from children import Children, Texts
from period import NONE
from records import Records

_NAME_CORRECTED = 0.25
_DATE_CORRECTED = 0.004


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of all sources: everything that was recorded before the day on which it is handed over.

    A later delivery holds the rows of the one before, and what was recorded since. It spells some names right that were
    wrong before, puts the date of some incidents right, and one contact is withdrawn.
    """

    day: int
    seed: int
    children: Children
    later: bool = False

    @property
    def known_by(self) -> int:
        """The last day of which it holds what was recorded."""
        return self.day - 1

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a frame that it holds; an end that had not come, or was not recorded yet, is NONE."""
        known = frame["recorded"] <= self.known_by
        if "entered" in frame:
            # Backdated rows are there only from the day on which they were really written.
            known &= frame["entered"] <= self.known_by
        kept = frame[known].reset_index(drop=True)
        if "end_recorded" not in kept:
            return kept
        open_ = (kept["end"] > period.LAST) | (kept["end_recorded"] > self.known_by)
        ends = {name: kept[name].where(~open_, NONE) for name in ("end", "end_recorded")}
        return kept.assign(**ends)

    def withdrawn(self, contacts: pd.DataFrame) -> pd.DataFrame:
        """Return the contacts without the one that a later delivery withdraws: the first one of all."""
        return contacts.iloc[1:].reset_index(drop=True) if self.later else contacts

    def corrected_dates(self, incidents: pd.DataFrame) -> pd.DataFrame:
        """Return incidents with the dates that a later delivery puts right: they happened a day or two before."""
        if not self.later:
            return incidents
        wrong = self.date_was_wrong(incidents)
        return incidents.assign(day=incidents["day"] - wrong * (1 + incidents["incident"] % 2))

    def date_was_wrong(self, incidents: pd.DataFrame) -> pd.Series:
        """Return for each incident known before whether its date is put right by a later delivery."""
        drawn = lots.uniform(self.seed, "incident dated", incidents["incident"].to_numpy())
        early = (incidents["recorded"] < period.DELIVERY) & (incidents["day"] > period.FIRST + 2)
        return early & (drawn < _DATE_CORRECTED)

    def corrected_names(self, records: Records) -> tuple[Texts, Texts]:
        """Return first and family name of each record as it stands in this delivery."""
        who = records.who
        if not self.later:
            return who.given, who.family
        right = self.name_was_wrong(records)
        given = np.where(right, self.children.given[who.child], who.given).astype(object)
        family = np.where(right, self.children.family[who.child], who.family).astype(object)
        return given, family

    def name_was_wrong(self, records: Records) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return for each record whether a later delivery spells its names right."""
        who = records.who
        drawn = lots.uniform(self.seed, f"name {records.habits.source}", who.child, who.record)
        wrong: np.ndarray[tuple[int], np.dtype[np.bool_]] = who.misspelt & (drawn < _NAME_CORRECTED)
        return wrong
