"""What a snapshot says that a source brings is what its events are, whatever sources.yaml says by then."""

import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.declarations.needs import sources_read
from features.rows.gateways_needed import require_gateways
from hub.errors import GatewayError
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import Snapshot
from tests.factories.deliveries import Town
from tests.factories.use_cases import use_case

ON = datetime.date(2024, 3, 1)
DEATHS = "      - {type: death, table: children, person: id, occurred_on: died, where: died IS NOT NULL}\n"
CARE = f"""
sources:
  - name: care
    title: Children in care
    agency: council
    gateways: [duty]
    files:
      - name: children
        file: children.csv
        columns: {{id: {{required: true}}, born: {{type: date}}, died: {{type: date}}}}
    people: [{{table: children, id: id, date_of_birth: born}}]
    events:
{DEATHS}      - {{type: joined, table: children, person: id, occurred_on: born + 1000}}
"""
CHILDREN = "id,born,died\nC1,2010-01-01,2023-05-01\nC2,2010-01-02,\n"
JOINED = CARE.replace(DEATHS, "")


def _published(town: Town) -> tuple[Snapshot, set[str]]:
    """Publish; return the snapshot, and the types of its events."""
    linkage.link(town.workspace, town.partnership)
    found = publish.publish(town.workspace, town.partnership)
    return found, set(pq.read_table(found.path("event"))["event_type"].to_pylist())


def test_deaths_that_came_in_before_their_mapping_was_taken_out_are_still_read_under_a_gateway(tmp_path: Path) -> None:
    town = Town(tmp_path, CARE, pupils=None, absences=None, children=CHILDREN)
    found = use_case(purpose="homelessness", cohort={"plain": "Everybody whom the hub knows", "ages": None})
    town.one(ON)
    town.declare(JOINED)
    published, types = _published(town)
    assert types == {"death", "joined"} == {*published.facts.sources["care"].types}
    assert sources_read(town.partnership, found.reading(()), published) == ("care",)
    with pytest.raises(GatewayError, match="care has no valid gateway for the purpose homelessness"):
        require_gateways(published, town.partnership, found.reading(()), on=ON)
    [report] = town.ingest(ON, withdraw=True)  # the same files again, as they are mapped now
    assert report.is_new
    published, types = _published(town)
    assert types == {"joined"} == {*published.facts.sources["care"].types}
    assert require_gateways(published, town.partnership, found.reading(()), on=ON) == ()


def test_a_type_that_was_mapped_after_the_delivery_came_is_not_told_until_it_comes_again(tmp_path: Path) -> None:
    town = Town(tmp_path, JOINED, pupils=None, absences=None, children=CHILDREN)
    town.one(ON)
    town.declare(CARE)
    published, types = _published(town)
    assert (types, published.facts.sources["care"].types_not_told) == ({"joined"}, ("death",))
    assert published.reported_of(["death"]).last is None, "no death was told, and that says nothing"
    assert published.reported_of(["joined"]).last is not None
    assert published.reported_of(["joined", "death"]).last is None
    assert "care" in sources_read(town.partnership, use_case().reading(()), published), (
        "its deaths are read all the same"
    )
    town.ingest(ON, withdraw=True)
    published, types = _published(town)
    assert (types, published.facts.sources["care"].types_not_told) == ({"death", "joined"}, ())
    assert published.reported_of(["death"]).last is not None
