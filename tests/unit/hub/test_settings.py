"""Where the anchor is: where it was said, else in the account's state folder, apart for each ledger."""

from pathlib import Path

import pytest

from hub.settings import Settings


def test_it_is_where_it_was_said(tmp_path: Path) -> None:
    settings = Settings(anchor=tmp_path / "anchor.json")
    assert settings.anchor_of(tmp_path / "workspace" / "county") == tmp_path / "anchor.json"


def test_it_is_never_in_the_workspace_when_nothing_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = Settings().anchor_of(tmp_path / "workspace" / "county")
    assert found.is_relative_to(tmp_path / "state" / "sentinel" / "anchors")
    assert found.name.startswith("county-")
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = Settings().anchor_of(tmp_path / "workspace" / "county")
    assert found.is_relative_to(tmp_path / "home" / ".local" / "state")


def test_each_ledger_has_one_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    county = tmp_path / "workspace" / "county"
    anchors = {
        Settings().anchor_of(county),
        Settings().anchor_of(tmp_path / "workspace" / "other"),
        Settings().anchor_of(tmp_path / "elsewhere" / "county"),
        Settings(database_url="postgresql://host/sentinel").anchor_of(county),
        Settings(database_url="postgresql://host/other").anchor_of(county),
    }
    assert len(anchors) == 5
    monkeypatch.chdir(tmp_path)
    assert Settings().anchor_of(Path("workspace/county")) == Settings().anchor_of(county)
