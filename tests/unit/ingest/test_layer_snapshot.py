"""The snapshot of a layer keeps the files as they were, and its folder holds no other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.layers import Layer, read_snapshots, write_snapshots

MODEL = Path("models") / "staging" / "xyz" / "stg_xyz__own.sql"


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    folder = tmp_path / "layer"
    for path in (MODEL, Path("seeds/rows/goals.csv"), Path("sources/xyz__own.yml"), Path("suites/parts/own.yml")):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text("first")
    (folder / "city.yml").write_text("city: new_ulm\n")
    (folder / "deliveries").mkdir()
    (folder / "deliveries" / "export.csv").write_text("a delivery next to the layer")
    return Layer("new_ulm", folder, tables_only=True)


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_later_changes_of_a_layer_are_not_in_its_snapshot(layer: Layer, tmp_path: Path) -> None:
    expected = {name: text for name, text in files(layer.folder).items() if not name.startswith("deliveries")}
    snapshots = read_snapshots([layer])
    (layer.folder / MODEL).write_text("second")
    (layer.folder / MODEL.with_name("stg_xyz__new.sql")).write_text("second")
    (layer.folder / "suites" / "parts" / "own.yml").unlink()
    (written,) = write_snapshots(snapshots, tmp_path / "copies")
    assert files(written.folder) == expected
    assert (written.name, written.tables_only) == (layer.name, True)
    assert read_snapshots([layer]) != snapshots


def test_the_next_snapshot_replaces_the_last_and_touches_only_what_differs(layer: Layer, tmp_path: Path) -> None:
    (written,) = write_snapshots(read_snapshots([Layer("other", layer.folder), layer])[:1], tmp_path / "copies")
    (first,) = write_snapshots(read_snapshots([layer]), tmp_path / "copies")
    assert not written.folder.exists()
    before = (first.folder / MODEL).stat().st_mtime_ns
    (layer.folder / "sources" / "xyz__own.yml").unlink()
    (layer.folder / "city.yml").write_text("city: new_ulm\ntitle: New Ulm\n")
    (second,) = write_snapshots(read_snapshots([layer]), tmp_path / "copies")
    assert (second.folder / MODEL).stat().st_mtime_ns == before, "dbt's parse stays valid"
    assert "title" in (second.folder / "city.yml").read_text()
    assert second.folder == first.folder and not (second.folder / "sources" / "xyz__own.yml").exists()
