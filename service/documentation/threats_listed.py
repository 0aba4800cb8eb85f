"""The threats: who stands where, what they try, what happens, and what shows it. `threat_pages` makes the page."""

from dataclasses import dataclass
from enum import StrEnum


class Position(StrEnum):
    """Where the attacker stands."""

    NETWORK = "can reach the service's port"
    TIMING = "chooses the moment"
    WORKSPACE = "can write the files of the workspace"
    PARTNERSHIP = "can write the partnership's files"
    DATABASE = "can write the ledger's database"
    CLOCK = "can set the clock"
    ANCHOR = "can write the anchor's place too"
    COMMANDS = "can run Sentinel's commands"


@dataclass(frozen=True, slots=True)
class Threat:
    """One attack.

    Attributes:
        position: where the attacker stands.
        attack: what they try.
        answer: what happens.
        code: the module that carries the answer; empty when nothing does.
        tests: what shows it, as path::name; none when it is not prevented.
        left: for what is not prevented: what it takes, and whose work that is.
    """

    position: Position
    attack: str
    answer: str
    code: str = ""
    tests: tuple[str, ...] = ()
    left: str = ""

    @property
    def is_prevented(self) -> bool:
        """Whether the answer is one of the program's own."""
        return not self.left


_API = "tests/integration/service/scoring/test_api.py"
_TIMING = "tests/integration/service/gate/test_attacks_timing.py"
_FILES = "tests/integration/service/gate/test_attacks_files.py"
_POLICY = "tests/integration/service/gate/test_attacks_policy.py"
_RECORD = "tests/integration/service/gate/test_attacks_record.py"
_ROWS = "tests/integration/service/gate/test_attacks_rows.py"
_LINKS = "tests/integration/service/gate/test_attacks_links.py"
_LOAD = "tests/integration/service/gate/test_attacks_load.py"
_LEDGER = "tests/integration/service/http/test_http_ledger.py"
_SIGNATURES = "Signatures by members' own keys (the ethics record) answer this."
_PLACE = "Keep the anchor where whoever runs the database cannot write: SENTINEL_ANCHOR."

THREATS: tuple[Threat, ...] = (
    Threat(
        Position.NETWORK,
        "Holds connections open, sends half requests, one byte a second, or nonsense.",
        "Each has a time and a bound. Liveness answers at once whatever waits.",
        "service/http/connections.py",
        (
            "tests/integration/service/http/test_http_liveness.py::test_sixty_blocked_scores_do_not_keep_liveness_waiting",
            "tests/integration/service/http/test_http_liveness.py::test_honest_clients_of_one_address_never_meet_a_bound",
        ),
    ),
    Threat(
        Position.NETWORK,
        "Sends a key twice, other JSON than declared, or another content type.",
        "Refused (422 or 415), without repeating a word of it.",
        "service/http/bodies.py",
        (f"{_API}::test_hostile_bodies_are_refused_without_being_repeated",),
    ),
    Threat(
        Position.NETWORK,
        "Fills the ledger with requests that are none.",
        "Unknown routes are not written. Malformed requests are written as a count.",
        "service/http/refusals.py",
        (
            f"{_LEDGER}::test_what_never_was_a_request_for_a_score_is_not_written",
            f"{_LEDGER}::test_of_many_malformed_requests_a_few_are_written_and_the_rest_as_one_count",
        ),
    ),
    Threat(
        Position.NETWORK,
        "Provokes errors to read paths, lines or words of the partnership's files.",
        "One fixed sentence leaves. The service's own log has the rest.",
        "service/scoring/problems.py",
        (f"{_LEDGER}::test_what_nobody_foresaw_is_told_to_nobody_and_its_place_is_in_the_log",),
    ),
    Threat(
        Position.NETWORK,
        "Asks well-formed questions without being entitled to the answer.",
        "Answered, and written to the ledger. The service listens on this machine only.",
        left="Callers and access tiers are the scoring service's next step; until then the port is for its operator.",
    ),
    Threat(
        Position.TIMING,
        "Asks while a decision is superseded, withdrawn or expires.",
        "The score is confirmed inside its own write: same decision, same data, or no score.",
        "service/gate/gate.py",
        (
            f"{_TIMING}::test_no_score_comes_after_its_decision_was_superseded",
            f"{_TIMING}::test_no_score_comes_after_a_withdrawal_nor_before_the_next_approval",
            f"{_TIMING}::test_no_score_comes_on_the_day_on_which_its_decision_expires",
        ),
    ),
    Threat(
        Position.TIMING,
        "Swaps a file between its hash and its use.",
        "What is read is what was hashed: one open file, a private copy, or refused.",
        "hub/held_files.py",
        (
            f"{_LINKS}::test_a_file_that_is_swapped_between_its_hash_and_its_use_is_never_used",
            "tests/unit/hub/formats/test_read_once.py::test_a_change_between_hash_and_use_is_refused",
            "tests/unit/hub/formats/test_read_once.py::test_a_private_copy_is_what_was_checked_or_nothing",
        ),
    ),
    Threat(
        Position.TIMING,
        "Kills the service at any moment.",
        "No acknowledged score is lost, and the anchor still agrees. The bench kills it 200 times.",
        "hub/ledger/anchor.py",
        ("tests/integration/hub/ledger/test_chain.py::test_a_killed_writer_leaves_a_chain_that_holds",),
    ),
    Threat(
        Position.WORKSPACE,
        "Changes a byte of a bundle, audit, snapshot or online source.",
        "Refused (changed) until it is restored.",
        "service/gate/kept.py",
        (
            f"{_API}::test_a_changed_byte_of_the_bundle_is_refused_until_it_is_restored",
            f"{_API}::test_a_changed_byte_of_the_audit_or_of_the_snapshot_is_refused",
        ),
    ),
    Threat(
        Position.WORKSPACE,
        "Puts an online source, snapshot, bundle or audit of their own there, with a right digest.",
        "Never used: the ledger does not know it. `sentinel hub verify` names it.",
        "hub/ledger/publications.py",
        (
            f"{_FILES}::test_a_forged_online_source_with_the_same_facts_is_not_served",
            f"{_FILES}::test_a_forged_snapshot_behind_the_pointer_is_not_served",
            f"{_FILES}::test_a_bundle_made_by_hand_cannot_be_proposed",
            f"{_FILES}::test_an_edited_audit_cannot_be_proposed",
            "tests/integration/service/commands/test_verification.py::test_what_was_put_there_by_hand_is_named_and_never_opened",
        ),
    ),
    Threat(
        Position.WORKSPACE,
        "Swaps a file of a bundle, audit or online source while Sentinel writes it.",
        "They are written in a folder of the program's own, and hashed as they are taken over.",
        "hub/artefacts.py",
        ("tests/unit/hub/test_artefacts.py::test_what_is_filled_apart_is_what_was_written_whoever_swaps_files",),
    ),
    Threat(
        Position.WORKSPACE,
        "Swaps a file of an extract, snapshot or feature set while a command writes it.",
        "Published as if it were ours. `sentinel hub verify` makes a sample of it again, and names it.",
        left="Operators let nobody else write the workspace while commands run.",
    ),
    Threat(
        Position.WORKSPACE,
        "Points to an older snapshot that was published here once.",
        "Refused: the ledger knows a newer one.",
        "service/gate/gate.py",
        (f"{_LINKS}::test_an_older_snapshot_is_not_used_when_the_pointer_is_put_back",),
    ),
    Threat(
        Position.WORKSPACE,
        "Puts a link, a pipe, a folder or nothing in the place of a file.",
        "Refused at once. Nobody waits for a pipe.",
        "hub/regular_files.py",
        (f"{_LINKS}::test_what_is_no_file_of_its_own_is_refused_at_once", f"{_ROWS}::test_an_anchor"),
    ),
    Threat(
        Position.WORKSPACE,
        "Changes one model's files again and again, so that others are kept waiting.",
        "Each purpose is judged by itself, and no other model is read again.",
        "service/gate/kept.py",
        (
            f"{_LOAD}::test_one_purpose_is_scored_while_the_model_of_the_other_changes",
            f"{_LOAD}::test_two_purposes_in_turn_read_no_model_again",
        ),
    ),
    Threat(
        Position.WORKSPACE,
        "Damages or deletes files so that nothing is scored.",
        "Nothing is scored until they are restored.",
        left="Operators keep copies of the workspace, and the anchor's key apart from them.",
    ),
    Threat(
        Position.WORKSPACE,
        "Writes a manifest whose names lead to other files.",
        "Refused by the one function that makes paths of names.",
        "hub/names.py",
        (
            "tests/unit/hub/test_manifests.py::test_a_forged_manifest_under_its_right_digest_is_refused",
            "tests/unit/hub/test_manifests.py::test_a_name_from_a_manifest_or_a_request_opens_no_other_file",
        ),
    ),
    Threat(
        Position.WORKSPACE,
        "Reads the workspace from another account of the machine.",
        "Folders are 0700 and files 0600. The ledger names persons by a keyed digest.",
        "hub/private_folders.py",
        (
            "tests/integration/hub/publishing/test_private_workspace.py::test_whatever_a_command_writes_only_its_owner_may_read",
        ),
    ),
    Threat(
        Position.PARTNERSHIP,
        "Hides a bomb in YAML: aliases, merges, depth, many keys.",
        "One sentence within a second.",
        "hub/yaml_trees.py",
        ("tests/unit/hub/test_yaml_limits.py::test_an_attack_is_one_sentence_within_a_second",),
    ),
    Threat(
        Position.PARTNERSHIP,
        "Changes a gateway, a source, the use case or who sits in the panel.",
        "Refused: the decision was given under another policy.",
        "ethics/rules/policy.py",
        (
            f"{_POLICY}::test_under_other_rules_nothing_is_scored_until_they_are_restored",
            f"{_API}::test_a_changed_use_case_is_refused",
            f"{_API}::test_a_gateway_that_ended_or_was_withdrawn_since_publishing_stops_the_use",
        ),
    ),
    Threat(
        Position.PARTNERSHIP,
        "Edits the panel or the quorum for a minute, and restores it.",
        "What was recommended meanwhile does not count. A decision from then opens nothing.",
        "ethics/rules/policy.py",
        (
            f"{_POLICY}::test_who_sat_in_the_panel_for_a_minute_does_not_count",
            f"{_POLICY}::test_a_quorum_that_was_lowered_for_a_minute_opens_nothing",
            f"{_ROWS}::test_a_recommendation_under_other_rules_does_not_count_under_these",
        ),
    ),
    Threat(
        Position.PARTNERSHIP,
        "Leaves members of their own in the panel, and lets them approve.",
        "These are then the rules. The digest in the decision shows that they are others.",
        left=_SIGNATURES,
    ),
    Threat(
        Position.PARTNERSHIP,
        "Hides an edit from a running service behind links.",
        "Links are followed, and one that leads nowhere hides nothing.",
        "service/gate/kept.py",
        (f"{_LINKS}::test_no_link_hides_that_a_declaration_was_edited",),
    ),
    Threat(
        Position.PARTNERSHIP,
        "Adds a demonstration, so that gateways never end.",
        "Only a ledger that began as a demonstration stands still in time.",
        "hub/ledger/practice.py",
        (
            f"{_POLICY}::test_a_demonstration_in_a_real_partnership_stops_no_time",
            f"{_LINKS}::test_a_gateway_ends_on_its_day_whatever_marks_lie_about",
        ),
    ),
    Threat(
        Position.PARTNERSHIP,
        "Makes the files wrong.",
        "Refused (503), and nothing of the file is told.",
        "service/gate/gate.py",
        (f"{_API}::test_a_wrong_partnership_file_is_told_to_the_log_and_not_to_the_caller",),
    ),
    Threat(
        Position.DATABASE,
        "Edits, removes or adds an entry of the ledger, with or without hashes that fit.",
        "The gate closes: the chain, or its anchor, is another one.",
        "hub/ledger/chain.py",
        (
            f"{_RECORD}::test_a_record_that_was_tampered_with_scores_nothing_and_is_named",
            f"{_ROWS}::test_rows_that_fit_each_other_open_nothing_now_or_after_a_start",
            "tests/integration/hub/ledger/test_chain.py::test_one_edited_row_is_named",
            "tests/integration/hub/ledger/test_chain.py::test_a_wholly_rewritten_chain_shows_against_a_head_noted_earlier",
        ),
    ),
    Threat(
        Position.DATABASE,
        "Uses INSERT OR REPLACE to change a row past the guards.",
        "Refused by the database.",
        "ethics/record/migrations/versions/r0002_policy.py",
        (
            f"{_RECORD}::test_the_database_refuses_to_replace_a_row",
            "tests/integration/hub/ledger/test_store.py::test_the_database_itself_refuses_to_change_the_record",
        ),
    ),
    Threat(
        Position.DATABASE,
        "Changes a recommendation, canvas answer, reason or decision in its own row.",
        "The gate closes, and `sentinel ledger verify` names the row.",
        "ethics/acts/verification.py",
        (
            f"{_RECORD}::test_a_record_that_was_tampered_with_scores_nothing_and_is_named",
            f"{_ROWS}::test_one_row_of_the_record_that_is_not_as_it_was_entered_closes_the_gate",
            f"{_ROWS}::test_a_decision_without_recommendations_opens_nothing_even_with_an_entry_of_its_own",
            "tests/integration/ethics/acts/test_ethics_decisions.py::"
            "test_a_record_that_does_not_agree_with_the_ledger_scores_nothing",
        ),
    ),
    Threat(
        Position.DATABASE,
        "Adds a trigger, a view, a column or a table that changes what is written or read.",
        "The gate closes: only triggers that refuse, and do nothing else, may be there; and every write is read back.",
        "hub/ledger/own_schema.py",
        (f"{_RECORD}::test_a_record_that_was_tampered_with_scores_nothing_and_is_named",),
    ),
    Threat(
        Position.DATABASE,
        "Puts the database into another kind of journal, so that nobody else can write, or writes are lost.",
        "Nothing is written or scored until it is put right, which opening it does.",
        "hub/ledger/own_schema.py",
        ("tests/integration/hub/ledger/test_kept.py::test_another_kind_of_journal_is_refused",),
    ),
    Threat(
        Position.DATABASE,
        "Edits a row and sets the file's own counters back, so that SQLite does not notice that anybody wrote.",
        "A running service goes on until its sweep reads all anew, five minutes at most. A new one refuses at once. "
        "The end of an approval cannot be hidden so: every entry moves the anchor.",
        left="It takes who can write the database's bytes; sealed checkpoints would shorten the five minutes.",
    ),
    Threat(
        Position.DATABASE,
        "Restores an earlier copy, cuts the tail off, or removes the file.",
        "The gate closes: the anchor knows more. No empty ledger is made in its place.",
        "hub/ledger/anchor.py",
        (
            f"{_RECORD}::test_a_record_that_was_tampered_with_scores_nothing_and_is_named",
            f"{_RECORD}::test_a_ledger_that_is_gone_is_not_made_anew",
            f"{_ROWS}::test_a_workspace_that_was_put_back_as_a_whole_does_not_agree_with_its_anchor",
        ),
    ),
    Threat(
        Position.DATABASE,
        "Locks the database.",
        "Refused (503) after a second. Liveness does not mind.",
        "hub/ledger/writes.py",
        (
            f"{_RECORD}::test_a_locked_database_is_a_refusal_within_two_seconds_and_liveness_does_not_mind",
            f"{_LOAD}::test_while_the_ledger_is_locked_every_client_is_refused_within_two_seconds",
        ),
    ),
    Threat(
        Position.CLOCK,
        "Sets the clock ahead and back, so that an expired approval holds again.",
        "The gate closes: the ledger's time never runs backwards.",
        "hub/ledger/ledger.py",
        (
            f"{_RECORD}::"
            "test_a_clock_that_was_ahead_and_is_set_right_closes_the_gate_until_the_owner_takes_the_ledger_up",
            f"{_RECORD}::test_a_clock_that_is_set_back_closes_the_gate_but_for_a_minute",
        ),
    ),
    Threat(
        Position.CLOCK,
        "Holds the clock still, or a little behind, so that an approval does not expire.",
        "Not found while no entry is newer than that clock.",
        left="Operators keep the machine's time by a time service, as for every record.",
    ),
    Threat(
        Position.ANCHOR,
        "Writes the database and the anchor with its key, or restores both from the same copy.",
        "Not found by the ledger itself.",
        left=f"{_PLACE} Note the head elsewhere, and give it to `--noted`. {_SIGNATURES}",
    ),
    Threat(
        Position.COMMANDS,
        "Runs a command under another member's id.",
        "Taken on trust, and written with that name.",
        left=_SIGNATURES,
    ),
    Threat(
        Position.COMMANDS,
        "Publishes a model of their own with Sentinel's commands.",
        "It stands in the ledger with name and time, and the group still has to approve it.",
        left=_SIGNATURES,
    ),
    Threat(
        Position.COMMANDS,
        "Takes the ledger up again (`sentinel ledger resume`) in an owner's name.",
        "Every approval from before ends. None can be made that way.",
        left=_SIGNATURES,
    ),
    Threat(
        Position.COMMANDS,
        "Works under the account of the service itself: its memory, its keys, its program.",
        "Nothing is safe from that account.",
        left="Operators keep that account apart: nobody else signs in to it, and its anchor lies with another owner.",
    ),
)
