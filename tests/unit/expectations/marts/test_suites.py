from __future__ import annotations

from pathlib import Path

import pytest

from expectations.marts.suites import Place, SuiteError, read_suites, suite_checks

PLACE = Place("release", "marts")
MARTS = Path(__file__).parents[4] / "dbt_project" / "models" / "marts"


def write(folder: Path, text: str, name: str = "fct_visits.yml") -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


GOOD = """
table: fct_visits
include: [event]
grain: [visit_key]
not_null: [fee]
words: {mode: [phone, desk]}
rows: some
rules:
  - {name: fee_positive, severity: warning, reason: fees are paid, column: fee, bad_rows: fee < 0}
  - {name: known, severity: critical, reason: no such source, no_rows: "select 1 from {batch}, {marts}.dim_source"}
  - {name: native, severity: critical, reason: seen, expect: expect_column_max_to_be_between, kwargs: {column: fee, max_value: 9}}
"""
PART = "columns: [source]\nnot_null: [source]\nrules: [{name: from_part, severity: critical, reason: x, bad_rows: source = ''}]\n"


def test_a_suite_becomes_checks(tmp_path: Path) -> None:
    write(tmp_path / "parts", PART, "event.yml")
    (suite,) = read_suites(write(tmp_path, GOOD))
    checks = {(check.name, check.column): check for check in suite_checks(suite, PLACE)}
    assert list(dict.fromkeys(name for name, _ in checks)) == [
        "rows", "column_exists", "grain", "not_null", "words", "from_part", "fee_positive", "known", "native",
    ]  # fmt: skip
    assert {column for name, column in checks if name == "column_exists"} == {"visit_key", "source", "fee", "mode"}
    assert {column for name, column in checks if name == "not_null"} == {"visit_key", "source", "fee"}
    assert checks["known", None].kwargs["query"] == ('select 1 from "release"."marts"."fct_visits", "release"."marts".dim_source')
    assert checks["fee_positive", "fee"].severity == "warning"
    assert checks["fee_positive", "fee"].message == "marts.fct_visits: fees are paid"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("table: fct_visits\ngrain: [k]\nrows: many\n", r"fct_visits.yml:3: rows: "),
        ("table: fct_visits\ngrain: [k]\ncolour: red\n", r"fct_visits.yml:3: colour: Extra inputs"),
        ("table: fct_visits\ngrain: []\n", r"fct_visits.yml:2: grain: "),
        ("table: fct_other\ngrain: [k]\n", r"the table fct_other; one name"),
        ("table: fct_visits\ngrain: [k]\ninclude: [nothing]\n", r"nothing.yml: no such part"),
        ("table: fct_visits\ngrain: [k]\ngrain: [j]\n", r"fct_visits.yml:\d: .*the key .grain. is repeated here"),
        ("table: fct_visits\ngrain: ['k\"; drop']\n", r"grain.0: String should match"),
        ("table: fct_visits\ngrain: [k]\nrules: [{name: a, severity: critical, reason: x}]\n", r"rules.0: a rule has one of"),
        (
            "table: fct_visits\ngrain: [k]\nrules: [{name: a, severity: critical, reason: x, bad_rows: a, no_rows: b}]\n",
            r"rules.0: a rule has one of",
        ),
        ("table: fct_visits\ngrain: [k]\nrules: [{name: a, severity: info, reason: x, bad_rows: a}]\n", r"rules.0.severity"),
        (
            "table: fct_visits\ngrain: [k]\nrules: [{name: a, severity: critical, bad_rows: a}]\n",
            r"rules.0.reason: Field required",
        ),
        (
            "table: fct_visits\ngrain: [k]\nrules: [{name: a, severity: critical, reason: x, bad_rows: a, kwargs: {b: 1}}]\n",
            r"kwargs goes with expect",
        ),
        (
            "table: fct_visits\ngrain: [k]\nrules: [{name: a, severity: critical, reason: x, no_rows: a, at_most_pct: 1}]\n",
            r"among and at_most_pct go with bad_rows",
        ),
    ],
)
def test_a_suite_that_cannot_be_used_names_file_field_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        read_suites(write(tmp_path, text))


def test_a_rule_in_a_part_and_in_the_suite_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "parts", PART, "event.yml")
    with pytest.raises(SuiteError, match="fee_positive occurs twice"):
        read_suites(write(tmp_path, GOOD.replace("known,", "fee_positive,")))


def test_every_mart_has_a_suite_and_every_suite_a_mart() -> None:
    tables = {
        file.stem
        for file in MARTS.rglob("*.sql")
        if file.stem.startswith(("fct_", "dim_", "bridge_")) or file.parent.name == "scorecard"
    }
    suites = {suite.table for suite in read_suites()}
    assert suites == tables, "write expectations/suites/<table>.yml for a new mart, and remove that of one that is gone"


def test_every_warning_has_a_reason_why_it_does_not_block() -> None:
    """The reason is a comment next to the rule, where a reader of the suite expects it."""
    for file in Path(read_suites.__globals__["SUITES"]).rglob("*.yml"):
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if line.strip() == "severity: warning":
                assert lines[number + 1].strip().startswith("#"), (
                    f"{file.name}:{number + 1}: explain why the release is published all the same"
                )


def test_a_suite_of_a_layer_includes_shared_parts_and_replaces_the_shared_one(tmp_path: Path) -> None:
    shared, layer = write(tmp_path / "shared", GOOD.replace("include: [event]\n", "")), tmp_path / "layer"
    write(layer, "table: fct_visits\ninclude: [event]\ngrain: [visit_key]\n")
    write(layer, "table: fct_permits\ngrain: [permit_key]\n", "fct_permits.yml")
    permits, visits = read_suites(shared, layered=[layer, tmp_path / "a layer without suites"])
    assert permits.table == "fct_permits"
    assert "source_is_known" in {rule.name for rule in visits.rules}
    assert "fee_positive" not in {rule.name for rule in visits.rules}
