"""A new counts model reaches the union of all measures without an edit of a list."""

from __future__ import annotations

from pathlib import Path

from orchestration.settings import DBT_PROJECT
from orchestration.transform.counts_models import write_counts_models

MACRO = Path("macros") / "measures" / "counts_models.sql"


def test_every_counts_model_is_listed(tmp_path: Path) -> None:
    counts = tmp_path / "models" / "measures" / "counts"
    counts.mkdir(parents=True)
    (tmp_path / MACRO).parent.mkdir(parents=True)
    for name in ("int_payments__counts", "int_calls__counts"):
        (counts / f"{name}.sql").touch()
    (counts / "_counts__models.yml").touch()
    write_counts_models(tmp_path)
    listed = [line.strip(" ',") for line in (tmp_path / MACRO).read_text(encoding="utf-8").splitlines() if "__counts'" in line]
    assert listed == ["int_calls__counts", "int_payments__counts"]


def test_an_unchanged_list_is_not_written(tmp_path: Path) -> None:
    (tmp_path / MACRO).parent.mkdir(parents=True)
    write_counts_models(tmp_path)
    before = (tmp_path / MACRO).stat().st_mtime_ns
    write_counts_models(tmp_path)
    assert (tmp_path / MACRO).stat().st_mtime_ns == before


def test_the_committed_list_is_current() -> None:
    before = (DBT_PROJECT / MACRO).read_text(encoding="utf-8")
    write_counts_models()
    assert (DBT_PROJECT / MACRO).read_text(encoding="utf-8") == before, "commit macros/measures/counts_models.sql"
