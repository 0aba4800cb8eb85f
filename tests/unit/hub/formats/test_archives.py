"""Packed files: what is in them, and the limits that keep a small file from filling the disk."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats import archives, delivered_files
from tests.examples import examples
from tests.factories.packed import SECRET, gzipped, opened, rows_or_refusal, zipped

DECLARED = SourceFile.model_validate({"name": "pupils", "file": "pupils.csv", "columns": {"id": {}, "name": {}}})
TEXT = f"id,name\n1,{SECRET}\n2,b\n".encode()


def refused(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        opened(path, DECLARED)
    assert SECRET not in str(raised.value)
    assert path.name in raised.value.message
    assert raised.value.remedy
    return raised.value.message


@pytest.mark.parametrize("name", ["pupils.csv.gz", "PUPILS.CSV.GZ"])
def test_gz_is_unpacked(tmp_path: Path, name: str) -> None:
    file = opened(gzipped(tmp_path / name, TEXT), DECLARED)
    assert file is not None
    assert file.name == name
    assert len(file.lines) == 2
    assert file.size == (tmp_path / name).stat().st_size  # digest and size are of what was delivered


def test_zip_called_like_its_file_holds_it_whatever_it_is_called_inside(tmp_path: Path) -> None:
    file = opened(zipped(tmp_path / "pupils.csv.zip", [("folder/Export 1.csv", TEXT)]), DECLARED)
    assert file is not None
    assert (file.name, len(file.lines)) == ("pupils.csv.zip", 2)


def test_zip_of_a_delivery_gives_each_of_its_files(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "delivery.zip", [("a/pupils.csv", TEXT), ("a/", b""), ("__MACOSX/a/._x", b"x"), ("b.csv", b"")]
    )
    found = delivered_files.candidates([path])
    assert [(one.label, one.name) for one in found] == [
        ("pupils.csv", "delivery.zip: pupils.csv"),
        ("b.csv", "delivery.zip: b.csv"),
    ]


@pytest.mark.parametrize(
    "name", ["../../pupils.csv", "/etc/pupils.csv", "..\\..\\pupils.csv", "C:\\x\\pupils.csv", "x/pupils.csv\n"]
)
def test_a_path_in_an_archive_is_only_a_label(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    path = zipped(inner / "delivery.zip", [(name, TEXT)])
    [file] = delivered_files.candidates([path])
    assert file.label == "pupils.csv"
    examined = opened(path, DECLARED)
    assert examined is not None
    assert examined.readable.parent == inner / "scratch"
    assert sorted(one.name for one in tmp_path.rglob("*") if one.is_file() and one.parent != inner / "scratch") == [
        "delivery.zip"
    ]


def test_a_bomb_is_stopped_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_OF_RATIO", 1 << 16)
    zeros = b"id,name\n" + b"0" * (3 << 20)
    for path in (gzipped(tmp_path / "pupils.csv.gz", zeros), zipped(tmp_path / "pupils.csv.zip", [("x", zeros)])):
        assert "grows more than 200 times" in refused(path)
    assert not list((tmp_path / "scratch").iterdir())


def test_a_file_that_is_too_large_unpacked_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_UNPACKED", 1 << 20)
    noise = bytes(range(256)) * 5000
    assert "larger than" in refused(gzipped(tmp_path / "pupils.csv.gz", noise))


def test_too_many_files_are_no_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    assert "holds 4 files" in refused(zipped(tmp_path / "delivery.zip", [(f"{n}.csv", TEXT) for n in range(4)]))


@pytest.mark.parametrize("name", ["more.zip", "pupils.csv.gz", "x.7z", "x.TAR"])
def test_an_archive_in_an_archive_is_refused(tmp_path: Path, name: str) -> None:
    assert "file 1 in it is an archive too" in refused(zipped(tmp_path / "delivery.zip", [(name, TEXT)]))


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "pupils.csv.zip", [("x.csv", TEXT)])
    content = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(magic) + at] |= 1
    path.write_bytes(content)
    assert "encrypted" in refused(path)


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", b"x" * 5000)
        [info] = archive.infolist()
        for name in "bcd":
            other = zipfile.ZipInfo(f"{name}.csv")
            other.header_offset, other.compress_size, other.file_size, other.CRC = (
                0,
                info.compress_size,
                info.file_size,
                info.CRC,
            )
            archive.filelist.append(other)
    assert "share their bytes" in refused(path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "same name" in refused(zipped(tmp_path / "delivery.zip", [("a/x.csv", TEXT), ("b/x.csv", TEXT)]))


def test_an_archive_called_like_one_file_holds_one(tmp_path: Path) -> None:
    assert "holds 2 files" in refused(zipped(tmp_path / "pupils.csv.zip", [("x.csv", TEXT), ("y.csv", TEXT)]))


@pytest.mark.parametrize("name", ["pupils.csv.gz", "pupils.csv.zip"])
def test_a_byte_that_is_missing_is_noticed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    gzipped(path, TEXT) if name.endswith("gz") else zipped(path, [("x.csv", TEXT)])
    path.write_bytes(path.read_bytes()[:-1])
    refused(path)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 400), value=st.integers(0, 255), kind=st.sampled_from(["pupils.csv.gz", "pupils.csv.zip"]))
def test_a_damaged_archive_is_read_as_it_was_or_refused(tmp_path: Path, at: int, value: int, kind: str) -> None:
    path = tmp_path / kind
    gzipped(path, TEXT) if kind.endswith("gz") else zipped(path, [("x.csv", TEXT)])
    content = bytearray(path.read_bytes())
    content[at % len(content)] = value
    path.write_bytes(content)
    assert rows_or_refusal(path, DECLARED) in (None, TEXT.decode().splitlines())
