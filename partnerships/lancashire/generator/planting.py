"""Planting: each fault changes what agencies record, never what happened, and says in the truth what it changed.

Every fault draws its chance from a stream of its own, so that one fault never changes what another plants.
"""

from dataclasses import dataclass, field
from typing import Any

import care
import lots
import numpy as np
import pandas as pd
import period
import police
from children import Children, Flags
from events import Events
from households import Households
from places import Ints

OVER_RECORDING = 3.0
"""How many times as many incidents police bring up themselves in the areas of `over_recording`."""
NOT_RECORDED = 0.55
"""Share of the help that is not recorded for the groups of `LESS`."""
RECORDED_WITHOUT_NEED = 0.20
"""Share of the contacts without more help that become recorded help for the groups of `MORE`."""
LESS, MORE = ("APKN", "ABAN"), ("BCRB", "BAFR", "MWBC")
OBSERVANT = ("APKN", "ABAN", "AIND")
BACKDATED = 0.85
LATE_SHARE = 2 / 3
LATE_DAYS = (60, 301)
CARELESS = 6.0
CARELESS_ABOUT = ("APKN", "ABAN", "AIND", "BAFR", "OOTH")


@dataclass(slots=True)
class Planted:
    """What one fault changed: where it stands, some figures, and the rows, one row of truth each."""

    where: list[str]
    figures: dict[str, Any] = field(default_factory=dict)
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"child": np.empty(0, dtype=np.int64)}))


@dataclass(frozen=True, slots=True)
class Scene:
    """What planting reads."""

    seed: int
    homes: Households
    children: Children
    events: Events

    def stream(self, purpose: str) -> np.random.Generator:
        """Return a source of chance of its own."""
        return lots.stream(self.seed, len(self.children), purpose)

    def of_groups(self, child: Ints, groups: tuple[str, ...]) -> Flags:
        """Return for each child whether it belongs to one of the groups."""
        found: Flags = np.isin(self.children.ethnicity[child].astype(str), groups)
        return found


def over_recording(scene: Scene) -> tuple[dict[str, pd.DataFrame], Planted]:
    """Add incidents that officers bring up themselves in the most deprived areas of three districts."""
    here = scene.homes.places
    more = np.where(here.area_may_be_over_recorded, OVER_RECORDING - 1, 0.0)
    rng, levels = scene.stream("over_recording"), scene.events.need
    extra = police.other(rng, scene.homes, scene.children, levels, kinds=police.OFFICERS_OWN, by_area=more)
    frame = pd.concat([scene.events.frames["police"], extra.assign(planted=True)], ignore_index=True)
    planted = Planted(
        ["police incidents with origin agency"],
        {"areas": sorted(here.area_code[here.area_may_be_over_recorded]), "times_as_many": OVER_RECORDING},
        extra[["child", "day", "offence"]],
    )
    return {"police": frame}, planted


def late_recording(scene: Scene) -> tuple[dict[str, pd.DataFrame], Planted]:
    """Let police record most incidents months after they happened; what happened and when stays true."""
    changed, rows = {}, []
    for name in ("domestic", "police"):
        frame = scene.events.frames[name]
        rng = scene.stream(f"late_recording {name}")
        late = rng.random(len(frame)) < LATE_SHARE
        added = np.where(late, rng.integers(*LATE_DAYS, len(frame)), 0)
        changed[name] = frame.assign(recorded=np.maximum(frame["recorded"], frame["day"] + added))
        rows.append(changed[name].loc[late & (frame["day"] >= period.FIRST), ["child", "day", "recorded"]])
    planted = Planted(["police incidents, date of recording"], {"share": round(LATE_SHARE, 3), "days": list(LATE_DAYS)})
    planted.rows = pd.concat(rows, ignore_index=True)
    return changed, planted


def backdated_leak(scene: Scene) -> tuple[dict[str, pd.DataFrame], Planted]:
    """Give assessments that were written after help began dates from before it; each of them found domestic abuse."""
    rng = scene.stream("backdated_leak")
    episodes, assessments = scene.events.frames["episodes"], scene.events.frames["assessments"]
    factors = scene.events.frames["factors"]
    begun = episodes["day"].to_numpy()[assessments["episode"].to_numpy()]
    chosen = (rng.random(len(assessments)) < BACKDATED) & (begun >= period.FIRST + 200)
    dated = begun - rng.integers(100, 186, len(assessments))
    frame = assessments.assign(
        entered=np.where(chosen, assessments["end_recorded"], assessments["recorded"]),
        day=np.where(chosen, dated - 10, assessments["day"]),
        recorded=np.where(chosen, dated - 8, assessments["recorded"]),
        end=np.where(chosen, dated, assessments["end"]),
        end_recorded=np.where(chosen, dated + rng.integers(0, 4, len(assessments)), assessments["end_recorded"]),
    )
    number = np.flatnonzero(chosen)
    has = factors.loc[factors["factor"] == "DOMESTIC_ABUSE", "assessment"].to_numpy()
    more = pd.DataFrame({"assessment": np.setdiff1d(number, has), "factor": "DOMESTIC_ABUSE"})
    found = pd.concat([factors, more], ignore_index=True).sort_values(["assessment", "factor"], ignore_index=True)
    rows = frame.loc[chosen, ["child", "day", "end", "end_recorded", "entered"]].assign(help_began=begun[chosen])
    where = ["assessments of children's social care: dates and dates of recording"]
    figures = {"share": BACKDATED, "factor": "domestic_abuse"}
    return {"assessments": frame, "factors": found}, Planted(where, figures, rows.reset_index(drop=True))


def biased_labels(scene: Scene) -> tuple[dict[str, pd.DataFrame], Planted]:
    """Take recorded help away from some groups and add some to others, at the same need."""
    frames = dict(scene.events.frames)
    rng = scene.stream("biased_labels")
    episodes, contacts = frames["episodes"], frames["contacts"]
    gone = scene.of_groups(episodes["child"].to_numpy(), LESS) & (rng.random(len(episodes)) < NOT_RECORDED)
    gone &= (episodes["day"] >= period.FIRST).to_numpy()
    added, contact = _added(scene, rng, episodes, contacts)
    new_number = np.where(gone, -1, np.cumsum(~gone) - 1)
    kept = pd.concat([episodes[~gone], added], ignore_index=True)
    changed = {"episodes": kept}
    # An assessment has the number of its episode.
    for name, number in (
        ("factors", "assessment"),
        ("assessments", "episode"),
        ("plans", "episode"),
        ("social_workers", "episode"),
    ):
        own = new_number[frames[name][number].to_numpy()]
        changed[name] = frames[name].assign(**{number: own})[own >= 0].reset_index(drop=True)
    workers = added[["child", "day", "end", "recorded", "end_recorded"]].assign(
        team=frames["social_workers"]["team"].iloc[0] if len(frames["social_workers"]) else "Assessment team East",
        episode=np.arange(len(kept) - len(added), len(kept)),
    )
    changed["social_workers"] = pd.concat([changed["social_workers"], workers], ignore_index=True)
    outcome = contacts["outcome"].to_numpy(dtype=object).copy()
    outcome[contact] = "REFERRAL"
    outcome[_led_to(contacts, episodes[gone])] = "NFA"
    changed["contacts"] = contacts.assign(outcome=outcome)
    changed |= care.frames(scene.stream("care"), scene.children.born, frames | changed)
    rows = pd.concat(
        [
            episodes.loc[gone, ["child", "day"]].assign(change="not recorded"),
            added[["child", "day"]].assign(change="recorded without more need"),
        ],
        ignore_index=True,
    )
    figures = {"not_recorded_for": list(LESS), "recorded_more_for": list(MORE), "share_not_recorded": NOT_RECORDED}
    return changed, Planted(["help under section 17: its beginning"], figures, rows)


def _added(
    scene: Scene, rng: np.random.Generator, episodes: pd.DataFrame, contacts: pd.DataFrame
) -> tuple[pd.DataFrame, Ints]:
    """Return episodes without need behind them, and the contacts from which they came."""
    child, day = contacts["child"].to_numpy(), contacts["day"].to_numpy()
    fits = scene.of_groups(child, MORE) & (contacts["outcome"] == "NFA").to_numpy() & (day >= period.FIRST)
    fits &= rng.random(len(contacts)) < RECORDED_WITHOUT_NEED
    start = day + rng.integers(5, 25, len(contacts))
    end = start + rng.integers(50, 160, len(contacts))
    fits &= scene.children.born[child] + int(17.7 * 365.25) > start
    row = np.flatnonzero(fits)
    row = row[np.unique(child[row], return_index=True)[1]]
    both = pd.DataFrame({"child": child[row], "row": row}).merge(episodes[["child", "day", "end"]], on="child")
    of = both["row"].to_numpy()
    clash = both.loc[(both["day"].to_numpy() <= end[of] + 1) & (both["end"].to_numpy() >= start[of] - 1), "row"]
    row = np.setdiff1d(row, clash.to_numpy())
    end = np.minimum(end, scene.children.born[child] + int(18 * 365.25))
    added = pd.DataFrame({"child": child[row], "day": start[row], "end": end[row], "need": "N5", "level": 0.0})
    added["recorded"] = added["day"] + rng.integers(0, 12, len(row))
    added["end_recorded"] = added["end"] + rng.integers(0, 20, len(row))
    return added.assign(closure="NEEDS_MET"), row


def _led_to(contacts: pd.DataFrame, episodes: pd.DataFrame) -> Ints:
    """Return the contacts that led to these episodes: referrals of the same child up to 60 days before."""
    referrals = contacts.loc[contacts["outcome"] == "REFERRAL", ["child", "day"]].reset_index(names="contact")
    both = referrals.merge(episodes[["child", "day"]], on="child", suffixes=("", "_begun"))
    waited = both["day_begun"] - both["day"]
    found: Ints = both.loc[(waited >= 0) & (waited <= 60), "contact"].to_numpy()
    return found


def ethnicity_proxy(scene: Scene) -> tuple[dict[str, pd.DataFrame], Planted]:
    """Record two sessions of religious observance each term as absence without leave."""
    attendance = scene.events.frames["attendance"]
    rng = scene.stream("ethnicity_proxy")
    chosen = scene.of_groups(attendance["child"].to_numpy(), OBSERVANT)
    chosen &= rng.random(len(attendance)) < 0.95
    more = 2 * chosen
    frame = attendance.assign(
        missed=np.minimum(attendance["missed"] + more, attendance["possible"]),
        unauthorised=np.minimum(attendance["unauthorised"] + more, attendance["possible"]),
        observance=more,
    )
    rows = attendance.loc[chosen, ["child", "day"]]
    where = ["school attendance: sessions missed without leave"]
    return {"attendance": frame}, Planted(where, {"groups": list(OBSERVANT), "sessions": 2}, rows)


def careless(scene: Scene) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], Planted]:
    """Return by how much more often each child's names are misspelt, everywhere but at school."""
    chosen = scene.of_groups(np.arange(len(scene.children)), CARELESS_ABOUT)
    figures = {"groups": list(CARELESS_ABOUT), "times_as_often": CARELESS}
    rows = pd.DataFrame({"child": np.flatnonzero(chosen)})
    where = ["names of people: police, social care, early help, youth justice"]
    return np.where(chosen, CARELESS, 1.0), Planted(where, figures, rows)


def twins(children: Children, share: float, same_initials: float) -> Planted:
    """Say which children are twins."""
    rows = pd.DataFrame({"child": np.flatnonzero(children.twin_of >= 0)})
    figures = {"share_of_later_born": share, "share_with_the_same_initial": same_initials}
    return Planted(["families: twins, and first names that begin alike"], figures, rows)


CHANGES_EVENTS = {
    "over_recording": over_recording,
    "late_recording": late_recording,
    "biased_labels": biased_labels,
    "backdated_leak": backdated_leak,
    "ethnicity_proxy": ethnicity_proxy,
}
"""In the order in which they are planted, so that later ones also act on what earlier ones added."""
