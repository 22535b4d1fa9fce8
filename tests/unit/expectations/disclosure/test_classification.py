"""Every file that leaves with a release has only columns that are classified."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from expectations.disclosure.classification import check_files, classification
from warehouse.releases import Current

CURRENT = set(Current.model_fields) - {"path"}


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Exports of one table in both formats, with their description."""
    (tmp_path / "labels.csv").write_text("subject,code,label\nrace,black,Black\n", encoding="utf-8")
    pyarrow.parquet.write_table(pa.table({"code": ["black"], "label": ["Black"]}), tmp_path / "labels.parquet")
    (tmp_path / "data_dictionary.csv").write_text("table_name,column_name,type\n", encoding="utf-8")
    described = {
        "name": "levelground",
        "resources": [{"name": "labels_csv", "schema": {"fields": [{"name": "code", "type": "string"}]}}],
    }
    (tmp_path / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    (tmp_path / "SHA256SUMS").write_text("00  labels.csv\n", encoding="utf-8")
    return tmp_path


def test_classified_exports_pass(exports: Path) -> None:
    assert check_files(exports, CURRENT).passed


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("labels.csv", "subject,code,people\n", "labels.csv: people: "),
        ("visits.csv", "code\n", "visits.csv: code: "),
        ("notes.txt", "free text", "notes.txt: notes.txt: "),
        ("datapackage.json", '{"resources": [{"rows_hidden": 4}]}', "datapackage.json: resources.rows_hidden: "),
    ],
)
def test_an_exported_column_without_classification_is_named(exports: Path, file: str, content: str, reason: str) -> None:
    (exports / file).write_text(content, encoding="utf-8")
    result = check_files(exports, CURRENT)
    assert not result.passed
    assert result.reason.startswith(reason)
    assert "classify it in expectations/disclosure/columns.yml" in result.reason


def test_a_parquet_column_and_a_key_of_current_json_are_compared_too(exports: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"code": ["black"], "persons": [3]}), exports / "labels.parquet")
    assert check_files(exports, {*CURRENT, "stops"}).reason.startswith("current.json: stops, labels.parquet: persons: ")


def test_each_entry_has_a_class_and_a_reason() -> None:
    entries = [entry for columns in classification().values() for entry in columns.values()]
    assert {kind for kind, _ in entries} == {"attacked", "guarded", "harmless"}
    assert all(len(reason.split()) >= 4 for kind, reason in entries if kind != "attacked")
