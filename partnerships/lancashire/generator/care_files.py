"""What children's social care delivers about children in care, and how its tables are made."""

import numpy as np
import pandas as pd
from bad_rows import KINDS
from columns import Coded, Column, Dates, Numbers, Same, coded
from extract_files import Extract
from extracts import People, ended, numbered, only, spell

_MAY_REPEAT = ("linked_identifiers", "address", "disability", "assessment_factors", "sdq_scores")
_MAY_LACK_PERSON = ("involvements",)


def files(who: People, frames: dict[str, pd.DataFrame]) -> list[Extract]:
    """Return care, placements, reviews, health, times missing and questionnaires."""
    care, missing, reviews = frames["care"], frames["missing"], frames["reviews"]
    health, asked = frames["health"], frames["questionnaires"]
    time_in_care = Numbers(care["care"].to_numpy() + 1, "CL", 7)
    over = ended(care)
    reason = np.where(care["last"].to_numpy(dtype=bool), 1, 0)
    episodes: dict[str, Column] = {
        "clae_cla_episode_id": numbered(care, "CA"),
        "clae_person_id": who.ids(care),
        "clae_cla_placement_id": numbered(care, "CP"),
        "clae_cla_id": time_in_care,
        "clae_cla_episode_start_reason": Coded(care["first"].to_numpy(dtype=np.int32), ("P", "S")),
        "clae_cla_primary_need_code": coded(care["need"].array),
        "clae_cla_episode_ceased_reason": only(over, Coded(reason.astype(np.int32), ("X1", "E4A"))),
        **spell(
            care,
            "clae_cla_episode_start_date",
            "clae_cla_episode_ceased_date",
            "recorded_date",
            "end_recorded_date",
        ),
    }
    placed: dict[str, Column] = {
        "clap_cla_placement_id": numbered(care, "CP"),
        "clap_cla_id": time_in_care,
        "clap_person_id": who.ids(care),
        "clap_cla_placement_type": coded(care["kind"].array),
        **spell(
            care,
            "clap_cla_placement_start_date",
            "clap_cla_placement_end_date",
            "recorded_date",
            "end_recorded_date",
        ),
    }
    away: dict[str, Column] = {
        "miss_table_id": numbered(missing, "MI"),
        "miss_person_id": who.ids(missing),
        "miss_missing_episode_type": Same("M", len(missing)),
        **spell(
            missing,
            "miss_missing_episode_start_date",
            "miss_missing_episode_end_date",
            "recorded_date",
            "end_recorded_date",
        ),
    }
    return [
        table("cla_episodes", episodes, "clae_cla_episode_id", "clae_person_id", "clae_cla_episode_start_date"),
        table("cla_placement", placed, "clap_cla_placement_id", "clap_person_id", "clap_cla_placement_start_date"),
        table(
            "cla_reviews",
            {
                "clar_cla_review_id": numbered(reviews, "RE"),
                "clar_cla_id": Numbers(reviews["of"].to_numpy() + 1, "CL", 7),
                "clar_cla_review_date": Dates(reviews["day"].to_numpy()),
                "recorded_date": Dates(reviews["recorded"].to_numpy()),
            },
            "clar_cla_review_id",
            "clar_cla_id",
            "clar_cla_review_date",
        ),
        table(
            "cla_health",
            {
                "clah_health_check_id": numbered(health, "HE"),
                "clah_person_id": who.ids(health),
                "clah_health_check_type": Same("Health assessment", len(health)),
                "clah_health_check_date": Dates(health["day"].to_numpy()),
                "recorded_date": Dates(health["recorded"].to_numpy()),
            },
            "clah_health_check_id",
            "clah_person_id",
            "clah_health_check_date",
        ),
        table("missing", away, "miss_table_id", "miss_person_id", "miss_missing_episode_start_date"),
        table(
            "sdq_scores",
            {
                "csdq_table_id": numbered(asked, "SD"),
                "csdq_person_id": who.ids(asked),
                "csdq_sdq_completed_date": Dates(asked["day"].to_numpy()),
                "csdq_sdq_score": Numbers(asked["score"].to_numpy()),
                "recorded_date": Dates(asked["recorded"].to_numpy()),
            },
            "csdq_table_id",
            "csdq_person_id",
            "csdq_sdq_completed_date",
        ),
    ]


def table(
    name: str, columns: dict[str, Column], key: str, person: str, date: str, quoted: frozenset[str] = frozenset()
) -> Extract:
    """Return one table of the dataset, with the bad rows that its rules can notice."""
    bad = tuple(
        kind
        for kind in KINDS
        if (date or not kind.endswith("_date"))
        and not (kind == "repeated_row" and name in _MAY_REPEAT)
        and not (kind == "missing_key" and name in _MAY_LACK_PERSON)
    )
    return Extract(f"ssd_{name}.csv", columns, key, person, date, quoted=quoted, bad=bad)
