"""What children's social care delivers: the tables of the Standard Safeguarding Dataset, with dates of recording."""

import care_files
import numpy as np
import pandas as pd
from care_files import table
from columns import Coded, Column, Dates, Numbers, Same, Text, coded, looked
from extract_files import Extract
from extracts import People, ended, numbered, only, spell, yes
from places import Ints

_SOURCES = {
    "SCHOOL": "2A",
    "HEALTH": "3A",
    "FAMILY": "1A",
    "NEIGHBOUR": "1B",
    "OTHER_AGENCY": "8",
    "POLICE": "6",
}
_CLOSURES = {"NEEDS_MET": "RC7", "STEPPED_DOWN": "RC9", "MOVED": "RC5", "OTHER": "RC8"}
_HARM = {"NEGLECT": "NEG", "EMOTIONAL_ABUSE": "EMO", "PHYSICAL_ABUSE": "PHY", "SEXUAL_ABUSE": "SAB"}
_FACTORS = {
    "DOMESTIC_ABUSE": ("3B", "3B"),
    "PARENT_MENTAL_HEALTH": ("4B", "4B"),
    "PARENT_SUBSTANCE_USE": ("1B", "2B"),
    "NEGLECT": ("16A", "16A"),
    "YOUNG_CARER": ("7A", "7A"),
    "CHILD_MENTAL_HEALTH": ("4A", "4A"),
}
_LINKED = "link_valid_from_date"
_UPN, _NHS_NUMBER = "Unique Pupil Number", "NHS Number"


def files(who: People, frames: dict[str, pd.DataFrame]) -> list[Extract]:
    """Return all tables of the dataset that the county fills."""
    return [*_people(who), *_episodes(who, frames), *_protection(who, frames), *care_files.files(who, frames)]


def _people(who: People) -> list[Extract]:
    known, held, where = who.persons("pers_person_id"), who.held, who.records.where
    first = Dates(who.records.first[held])
    ids = looked(known["pers_person_id"], held)
    names = {
        "pers_forename": "forename",
        "pers_surname": "surname",
        "pers_sex": "sex",
        "pers_ethnicity": "ethnicity",
        "pers_dob": "birth_date",
    }
    persons: dict[str, Column] = {"pers_person_id": ids}
    persons |= {column: looked(known[name], held) for column, name in names.items()}
    household = who.delivery.children.household[who.records.who.child[held]]
    family: dict[str, Column] = {
        "fami_table_id": Numbers(held + 1, "FT", 7),
        "fami_family_id": Numbers(household + 1, "F", 6),
        "fami_person_id": ids,
        "recorded_date": first,
    }
    of = where.of[who.rows]
    json = np.array([_address(text) for text in where.address[who.rows]], dtype=object)
    addresses: dict[str, Column] = {
        "addr_table_id": Numbers(who.rows + 1, "AD", 7),
        "addr_person_id": looked(known["pers_person_id"], of),
        "addr_address_start_date": Dates(where.since[who.rows]),
        "addr_address_postcode": Text(where.postcode[who.rows]),
        "addr_address_json": Text(json),
        "addr_lsoa": Text(where.area[who.rows]),
        "recorded_date": Dates(where.recorded[who.rows]),
    }
    answered = held[who.records.who.disability[held] != ""]
    disabled = who.records.who.disability[answered] == "Y"
    disability: dict[str, Column] = {
        "disa_table_id": Numbers(answered + 1, "DI", 7),
        "disa_person_id": looked(known["pers_person_id"], answered),
        "disa_disability_code": Coded(disabled.astype(np.int32), ("NONE", "LD")),
    }
    return [
        table("person", persons | {"recorded_date": first}, "pers_person_id", "pers_person_id", "pers_dob"),
        table("linked_identifiers", _identifiers(who, held), "link_table_id", "link_person_id", _LINKED),
        table("family", family, "fami_person_id", "fami_person_id", "recorded_date"),
        table(
            "address",
            addresses,
            "addr_table_id",
            "addr_person_id",
            "addr_address_start_date",
            frozenset({"addr_address_json"}),
        ),
        table("disability", disability, "disa_table_id", "disa_person_id", ""),
    ]


def _identifiers(who: People, held: Ints) -> dict[str, Column]:
    upn, nhs = who.records.who.upn[held], who.records.who.nhs_number[held]
    with_upn, with_nhs = held[upn != ""], held[nhs != ""]
    of = np.concatenate([with_upn, with_nhs])
    ids = who.persons("id")["id"]
    return {
        "link_table_id": Numbers(np.concatenate([2 * with_upn, 2 * with_nhs + 1]) + 1, "LI", 7),
        "link_person_id": looked(ids, of),
        "link_identifier_type": Coded((np.arange(len(of)) >= len(with_upn)).astype(np.int32), (_UPN, _NHS_NUMBER)),
        "link_identifier_value": Text(np.concatenate([upn[upn != ""], nhs[nhs != ""]])),
        "link_valid_from_date": Dates(who.records.first[of]),
    }


def _address(text: str) -> str:
    house, _, street = text.partition(" ")
    return f'{{"HOUSE": "{house}", "STREET": "{street}"}}' if street else f'{{"STREET": "{text}"}}'


def _episodes(who: People, frames: dict[str, pd.DataFrame]) -> list[Extract]:
    contacts, episodes, vain = frames["contacts"], frames["episodes"], frames["referrals_in_vain"]
    assessments, workers = frames["assessments"], frames["social_workers"]
    told: dict[str, Column] = {
        "cont_contact_id": numbered(contacts, "CT"),
        "cont_person_id": who.ids(contacts),
        "cont_contact_date": Dates(contacts["day"].to_numpy()),
        "cont_contact_source_code": _said(contacts["source"], _SOURCES),
        "recorded_date": Dates(contacts["recorded"].to_numpy()),
    }
    both = pd.concat([episodes.assign(vain=False), vain.assign(vain=True, need=None, closure="OTHER")])
    number = both["row"].to_numpy() + 1 + np.where(both["vain"].to_numpy(dtype=bool), 5_000_000, 0)
    referrals: dict[str, Column] = {
        "cine_referral_id": Numbers(number, "CE", 7),
        "cine_person_id": who.ids(both),
        "cine_cin_primary_need_code": coded(both["need"].array),
        "cine_referral_nfa": yes(both["vain"]),
        "cine_close_reason": only(ended(both), _said(both["closure"], _CLOSURES)),
        **spell(both, "cine_referral_date", "cine_close_date", "recorded_date", "end_recorded_date"),
    }
    assessed: dict[str, Column] = {
        "cina_assessment_id": numbered(assessments, "AS"),
        "cina_person_id": who.ids(assessments),
        "cina_referral_id": Numbers(assessments["episode"].to_numpy() + 1, "CE", 7),
        **spell(
            assessments,
            "cina_assessment_start_date",
            "cina_assessment_auth_date",
            "recorded_date",
            "end_recorded_date",
        ),
    }
    done = ended(assessments).to_numpy()
    factors: dict[str, Column] = {
        "cinf_table_id": Numbers(assessments["row"].to_numpy()[done] + 1, "AF", 7),
        "cinf_assessment_id": Numbers(assessments["row"].to_numpy()[done] + 1, "AS", 7),
        "cinf_assessment_factors_json": _factors_json(assessments[done], frames["factors"]),
    }
    involved: dict[str, Column] = {
        "invo_involvements_id": numbered(workers, "SW"),
        "invo_professional_role_id": Same("Social worker", len(workers)),
        "invo_professional_team": coded(workers["team"].array),
        "invo_person_id": who.ids(workers),
        **spell(
            workers, "invo_involvement_start_date", "invo_involvement_end_date", "recorded_date", "end_recorded_date"
        ),
    }
    json = frozenset({"cinf_assessment_factors_json"})
    return [
        table("contacts", told, "cont_contact_id", "cont_person_id", "cont_contact_date"),
        table("cin_episodes", referrals, "cine_referral_id", "cine_person_id", "cine_referral_date"),
        table("cin_assessments", assessed, "cina_assessment_id", "cina_person_id", "cina_assessment_start_date"),
        table("assessment_factors", factors, "cinf_table_id", "cinf_assessment_id", "", json),
        table("involvements", involved, "invo_involvements_id", "invo_person_id", "invo_involvement_start_date"),
    ]


def _factors_json(assessments: pd.DataFrame, factors: pd.DataFrame) -> Coded:
    """Return the factors of each assessment as JSON: one of 64 sets, written in one of two ways."""
    names = list(_FACTORS)
    found = np.zeros(int(assessments["row"].max() if len(assessments) else 0) + 1, dtype=np.int64)
    for bit, name in enumerate(names):
        rows = factors.loc[factors["factor"] == name, "assessment"].to_numpy()
        found[rows[rows < len(found)]] |= 1 << bit
    texts = []
    for way in (0, 1):
        for mask in range(1 << len(names)):
            codes = [_FACTORS[name][way] for bit, name in enumerate(names) if mask >> bit & 1] or ["21"]
            texts.append("[" + ", ".join(f'"{code}"' for code in codes) + "]")
    row = assessments["row"].to_numpy()
    return Coded((found[row] + (row % 2) * (1 << len(names))).astype(np.int32), texts)


def _protection(who: People, frames: dict[str, pd.DataFrame]) -> list[Extract]:
    enquiries, conferences = frames["enquiries"], frames["conferences"]
    plans, visits = frames["plans"], frames["visits"]
    enquired: dict[str, Column] = {
        "s47e_s47_enquiry_id": numbered(enquiries, "SE"),
        "s47e_person_id": who.ids(enquiries),
        **spell(enquiries, "s47e_s47_start_date", "s47e_s47_end_date", "recorded_date", "end_recorded_date"),
    }
    met: dict[str, Column] = {
        "icpc_icpc_id": numbered(conferences, "IC"),
        "icpc_person_id": who.ids(conferences),
        "icpc_icpc_date": Dates(conferences["day"].to_numpy()),
        "icpc_icpc_outcome_cp_flag": yes(conferences["plan"]),
        "recorded_date": Dates(conferences["recorded"].to_numpy()),
    }
    planned: dict[str, Column] = {
        "cppl_cp_plan_id": numbered(plans, "PL"),
        "cppl_person_id": who.ids(plans),
        "cppl_cp_plan_initial_category": _said(plans["category"], _HARM),
        **spell(plans, "cppl_cp_plan_start_date", "cppl_cp_plan_end_date", "recorded_date", "end_recorded_date"),
    }
    visited: dict[str, Column] = {
        "cppv_cp_visit_id": numbered(visits, "VI"),
        "cppv_person_id": who.ids(visits),
        "cppv_cp_visit_date": Dates(visits["day"].to_numpy()),
        "cppv_cp_visit_seen": yes(visits["seen"]),
        "recorded_date": Dates(visits["recorded"].to_numpy()),
    }
    return [
        table("s47_enquiry", enquired, "s47e_s47_enquiry_id", "s47e_person_id", "s47e_s47_start_date"),
        table("initial_cp_conference", met, "icpc_icpc_id", "icpc_person_id", "icpc_icpc_date"),
        table("cp_plans", planned, "cppl_cp_plan_id", "cppl_person_id", "cppl_cp_plan_start_date"),
        table("cp_visits", visited, "cppv_cp_visit_id", "cppv_person_id", "cppv_cp_visit_date"),
    ]


def _said(words: pd.Series, codes: dict[str, str]) -> Coded:
    found = coded(words.array)
    return Coded(found.codes, [codes[word] for word in found.words])
