"""Checks the rules of the dbt project: layers, names, tests and descriptions.

Add a rule here when it holds for every model and dbt's manifest shows it. See `tests/integration/dbt` for what models compute.
"""

from __future__ import annotations

import csv
import re
from collections import Counter

import yaml

from expectations.marts.suites import SUITES, read_suites
from orchestration.transform.macros.registrations import missing_meta, registered
from tests.conftest import ROOT
from tests.contract.dbt_manifest import NAMES, Manifest, folder_of, path_of
from tests.contract.registers import shared_models
from tests.support.shipped import MODEL_FOLDERS, shipped_registry

# What each layer may read. A layer is a folder of models. Sources are `landing` (typed deliveries), `receipts` (records of runs,
# contracts and settings) and `disclosure` (the suppression pattern); seeds are `reference`. Measures read facts, and the facts of
# measures read measures.
ALLOWED = {
    "staging": {"landing", "receipts", "reference"},
    "intermediate": {"staging", "intermediate", "reference"},
    "marts": {"staging", "intermediate", "marts", "measures", "reference"},
    "measures": {"staging", "intermediate", "marts", "measures", "reference"},
    "disclosure": {"staging", "marts", "measures", "disclosure", "reference"},
    "published": {"staging", "marts", "measures", "disclosure", "published", "reference"},
    "quality": {"staging", "marts", "measures", "published", "receipts", "reference"},
}
# Facts of measures and goals, which are built after the measures.
RESULTS = ("marts/facts/equity_measures/", "marts/facts/goals/", "marts/scorecard/")
# Where a model is written, by the longest folder that contains it: database, schema, materialization.
PLACES = {
    "staging": ("warehouse", "staging", "view"),
    "staging/oei/stg_oei__resident_survey": ("warehouse", "staging", "table"),
    "intermediate": ("warehouse", "intermediate", "view"),
    "intermediate/addresses": ("warehouse", "intermediate", "table"),
    "intermediate/geography": ("warehouse", "intermediate", "table"),
    "intermediate/population": ("warehouse", "intermediate", "table"),
    "marts": ("release", "marts", "table"),
    "measures": ("warehouse", "intermediate", "view"),
    "measures/aggregates": ("warehouse", "intermediate", "table"),
    "measures/counts": ("warehouse", "intermediate", "ephemeral"),
    "measures/counts/int_published_estimates__counts": ("warehouse", "intermediate", "table"),
    "measures/calculation": ("warehouse", "intermediate", "table"),
    "measures/coverage": ("warehouse", "intermediate", "table"),
    "disclosure": ("warehouse", "intermediate", "table"),
    "published/staging": ("warehouse", "staging", "view"),
    "published/intermediate": ("warehouse", "intermediate", "table"),
    "published/tables": ("public", "published", "table"),
    "quality": ("release", "quality", "table"),
}
# steps that one model reads, once: as a table, DuckDB would write and read each of their columns for nothing
PLACES |= {
    f"{folder}/{step}": ("warehouse", "intermediate", "view")
    for folder, steps in {
        "measures/calculation": (
            "int_equity_measures__groups_filled",
            "int_equity_measures__places_filled",
            "int_equity_measures__with_period_coverage",
            "int_equity_measures__periods_pooled",
            "int_equity_measures__place_weighted",
            "int_equity_measures__tract_weights",
            "int_equity_measures__with_intervals",
            "int_equity_measures__with_reference",
            "int_equity_measures__with_significance",
        ),
        "published/intermediate": ("int_published__unioned", "int_published__with_reference"),
    }.items()
    for step in steps
}
# The generic tests of dbt that repeat what the suite of a table checks.
CHECKED_BY_SUITES = ("unique", "unique_grain", "not_null", "no_nulls", "accepted_values")
# How many rows evaluator_exceptions.csv may have, and the fewest words of a reason.
EXCEPTIONS, MEANINGFUL = 40, 4
SENTENCE = re.compile(r"[a-z0-9_]+__[a-z0-9_]+")


def test_models_only_look_down(project: Manifest) -> None:
    wrong = [edge for edge in project.model_edges() if edge.parent_layer not in ALLOWED[edge.child_layer]]
    assert not wrong, f"move the logic down a layer, or read the layer below: {wrong}"


def test_facts_and_dimensions_do_not_read_measures(project: Manifest) -> None:
    folders = {node["unique_id"]: folder_of(node) for node in project.models()}
    wrong = [
        (node["name"], parent)
        for node in project.models()
        if folder_of(node) in ("marts/dimensions/", "marts/facts/")
        for parent in node["depends_on"]["nodes"]
        if folders.get(parent, "").startswith(("measures/", *RESULTS))
    ]
    assert not wrong, f"measures are made of facts, never facts of measures: {wrong}"


def test_each_delivery_is_typed_for_one_staging_model(project: Manifest) -> None:
    readers: dict[str, list[str]] = {}
    for edge in project.model_edges():
        if edge.parent_layer == "landing":
            readers.setdefault(edge.parent.rsplit(".", 1)[1], []).append(edge.child)
    # the tables of a publisher that share a form share a staging model
    shared = {
        child for child, count in Counter(child for children in readers.values() for child in children).items() if count > 1
    }
    wrong = {source: c for source, c in readers.items() if c != [f"stg_{source}"] and not (len(c) == 1 and c[0] in shared)}
    assert readers and not wrong, f"read the delivery in its staging model only, and call that after the source: {wrong}"


def test_models_are_named_for_their_folder(project: Manifest) -> None:
    wrong = [path_of(node) for node in project.models() if not re.fullmatch(NAMES[folder_of(node)], node["name"])]
    assert not wrong, f"rename, by the pattern of the folder in NAMES: {wrong}"


def test_staging_models_are_in_their_departments_folder(project: Manifest) -> None:
    wrong = [
        path_of(node)
        for node in project.models()
        if folder_of(node) == "staging/" and path_of(node).split("/")[1] != node["name"].removeprefix("stg_").split("__")[0]
    ]
    assert not wrong, f"move to staging/<department>: {wrong}"


def test_the_folder_sets_database_schema_and_materialization(project: Manifest) -> None:
    wrong = []
    for node in project.models():
        path = path_of(node).removesuffix(".sql")
        wanted = PLACES[max((place for place in PLACES if path == place or path.startswith(f"{place}/")), key=len)]
        # an incremental fact is a table all the same (test_growth.py)
        kind = {"incremental": "table"}.get(node["config"]["materialized"], node["config"]["materialized"])
        if (node["database"], node["schema"], kind) != wanted:
            wrong.append((node["name"], node["database"], node["schema"], node["config"]["materialized"]))
    seeds = [node["name"] for node in project.nodes("seed") if (node["database"], node["schema"]) != ("release", "reference")]
    assert not wrong and not seeds, f"dbt_project.yml sets database, schema and materialization per folder: {wrong} {seeds}"


def test_a_view_among_the_steps_is_read_once(project: Manifest) -> None:
    readers = Counter(
        (parent, node["resource_type"])
        for node in (*project.models(), *project.nodes("test"))
        for parent in set(node["depends_on"]["nodes"])
    )
    views = {
        node["unique_id"] for node in project.models() if PLACES.get(path_of(node).removesuffix(".sql"), ())[2:] == ("view",)
    }
    assert views
    wrong = {view for view in views if readers[view, "model"] != 1 or readers[view, "test"]}
    assert not wrong, f"each reader, a test too, would compute the step again; make it a table in dbt_project.yml: {wrong}"


def test_models_name_in_meta_the_lists_that_they_belong_to(project: Manifest) -> None:
    missing = missing_meta(shared_models())
    assert not missing, (
        f"add the keys to config.meta in the YAML of the model (orchestration/transform/macros/registrations.py): {missing}"
    )


def test_the_lists_of_macros_reach_the_models_that_read_them(project: Manifest) -> None:
    read: dict[str, set[str]] = {}
    for edge in project.model_edges():
        read.setdefault(edge.child, set()).add(edge.parent.rsplit(".", 1)[1])
    lists = registered(shared_models())
    united = lists.pop("models_of_facts")
    assert united and [entry for entry in united if entry["model"] not in read[entry["fact"]]] == []
    readers = {
        "facts_with_race": "unmapped_labels", "facts_with_place": "geocode_misses",
        "facts_of_places": "int_sources__known_shares",
        "facts_with_dates": "int_source_days__counted", "facts_with_times": "int_event_hours__gaps",
        "sources_with_addresses": "int_addresses__collected", "sources_with_points": "int_points__collected",
        "counts_models": "int_equity_measures__unioned",
    }  # fmt: skip
    assert set(lists) == set(readers)
    for name, reader in readers.items():
        listed = {entry if isinstance(entry, str) else entry["fact"] for entry in lists[name]}
        assert listed and listed <= read[reader], f"{reader} does not read all of {name}"


def test_everything_is_described(project: Manifest) -> None:
    silent = [node["name"] for kind in ("model", "seed") for node in project.nodes(kind) if not node["description"]]
    silent += [
        f"{node['name']}.{column['name']}"
        for kind in ("model", "seed")
        for node in project.nodes(kind)
        for column in node["columns"].values()
        if not column["description"]
    ]
    undescribed = [node["name"] for node in project.nodes("model") if not node["columns"]]
    assert not silent and not undescribed, f"describe in the YAML next to the model: {silent} {undescribed}"


def test_released_tables_enforce_a_contract(project: Manifest) -> None:
    loose = [
        node["name"]
        for node in project.models()
        if node["database"] in ("release", "public") and not node["contract"]["enforced"]
    ]
    assert not loose, f"a released table declares its columns and types (contract: enforced): {loose}"


def test_no_model_reads_a_direct_identifier(project: Manifest) -> None:
    """Hashed ones neither: a reader who may join on a pseudonym can single a person out."""
    identifiers = {
        contract.source: {column.name for column in contract.columns if column.privacy == "direct_identifier"}
        for contract in shipped_registry()
    }
    named = [
        f"{node['name']}: {name}"
        for node in project.models()
        for source, names in identifiers.items()
        for name in names
        if source in node["name"] and re.search(rf"\b{name}\b", node["raw_code"])
    ]
    everywhere = {name for names in identifiers.values() for name in names}
    released = [
        f"{node['name']}.{column}"
        for node in project.models()
        if node["database"] in ("release", "public")
        for column in node["columns"]
        if column in everywhere
    ]
    assert everywhere
    assert not named and not released, f"leave direct identifiers where they land: {named} {released}"


def test_tests_are_named_model_and_condition(project: Manifest) -> None:
    builtin = ("unique", "not_null")
    wrong = [
        node["name"]
        for node in project.nodes("test")
        if (node.get("test_metadata") or {}).get("name") not in builtin and not SENTENCE.fullmatch(node["name"])
    ]
    assert not wrong, f"call a test <model>__<what holds>: {wrong}"


def test_what_a_suite_checks_is_no_dbt_test(project: Manifest) -> None:
    """The gate checks grain, empty cells and words of marts and public tables; dbt would read each table again (ADR 35)."""
    suites = {("marts", suite.table) for suite in read_suites()}
    suites |= {("published", suite.table) for suite in read_suites(SUITES / "published")}
    guarded = {model["unique_id"] for model in project.models() if (model["schema"], model["alias"]) in suites}
    twice = [
        test["name"]
        for test in project.nodes("test")
        if test.get("attached_node") in guarded and test["test_metadata"]["name"] in CHECKED_BY_SUITES
    ]
    assert guarded and not twice, f"the suite of the table checks it: {twice}"


def test_the_key_of_a_fact_is_unique(project: Manifest) -> None:
    suites = {suite.table: suite for suite in read_suites()}
    keys = {node["name"]: next(iter(node["columns"])) for node in project.models() if folder_of(node) == "marts/facts/"}
    wrong = [
        key
        for fact, key in keys.items()
        if key.endswith("_key")
        and suites[fact].grain != (key,)
        and "key_is_unique" not in {rule.name for rule in suites[fact].rules}
    ]
    assert keys and not wrong, f"declare it as the grain of the suite, or by its rule key_is_unique: {wrong}"


def test_the_evaluator_leaves_out_little_and_for_a_reason(project: Manifest) -> None:
    """dbt_project_evaluator reads the patterns as LIKE; one that matches nothing is of a model that is gone."""
    with (ROOT / "dbt_project" / "evaluator_exceptions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sources = project.data["sources"].values()
    names = {node["name"] for node in project.models()} | {node["name"] for node in project.nodes("seed")}
    names |= {f"{source['source_name']}.{source['name']}" for source in sources}
    paths = {node["original_file_path"] for node in (*project.models(), *sources)}
    matched = {"current_file_path": paths, "model_type": {path_of(node).split("/")[0] for node in project.models()} | {"other"}}
    patterns = {tuple(row.values())[:3] for row in rows}
    assert len(rows) <= EXCEPTIONS and len(patterns) == len(rows), "fix a finding, or merge rows"
    for row in rows:
        like = re.compile(re.escape(row["id_to_exclude"]).replace("%", ".*").replace("_", "."))
        assert any(map(like.fullmatch, matched.get(row["column_name"], names))), f"drop the row, nothing has such a name: {row}"
        assert len(row["comment"].split()) >= MEANINGFUL, f"give the reason of the exception: {row}"


def test_every_mart_has_a_suite(project: Manifest) -> None:
    """evaluator_exceptions.csv leaves marts out of the rule on primary keys, because their suites declare the grain."""
    suites = {suite.table for suite in read_suites()}
    marts = {node["name"] for node in project.models() if path_of(node).startswith("marts/")}
    assert marts and marts == suites, f"write the suite, or remove it: {sorted(marts ^ suites)}"


def test_every_released_table_has_an_exposure(project: Manifest) -> None:
    exposed = {parent for exposure in project.data["exposures"].values() for parent in exposure["depends_on"]["nodes"]}
    released = {node["unique_id"] for node in project.models() if node["database"] in ("release", "public")}
    assert released == exposed, f"name the folder of the table in exposures.yml: {sorted(released ^ exposed)}"


def test_models_begin_with_their_grain(project: Manifest) -> None:
    wrong = [path_of(node) for node in project.models() if not node["raw_code"].startswith(("-- one row", "-- all "))]
    assert not wrong, f"name the grain in the first line (-- one row per …): {wrong}"


def test_published_models_store_rows_in_the_order_of_their_columns(project: Manifest) -> None:
    """The order in which a query ranks hidden counts must not be that of the public file."""
    tables = [node for node in project.models() if node["original_file_path"].startswith("models/published/tables/")]
    assert len(tables) >= 9
    assert [node["name"] for node in tables if not node["raw_code"].rstrip().endswith("\norder by all")] == []


def test_models_are_short(project: Manifest) -> None:
    long = {path_of(node): node["raw_code"].count("\n") for node in project.models() if node["raw_code"].count("\n") > 120}
    assert not long, f"split into steps: {long}"


def test_seeds_are_loaded_into_new_tables(project: Manifest) -> None:
    """A candidate starts as a copy of the last release, whose table of a seed lacks the columns of a new version."""
    not_replaced = [
        node["name"]
        for node in project.data["nodes"].values()
        if node["resource_type"] == "seed" and not node["config"]["full_refresh"]
    ]
    assert not not_replaced, f"set full_refresh: true: {not_replaced}"


def test_each_folder_has_one_yaml_for_its_models() -> None:
    wrong = []
    for file in (path for folder in MODEL_FOLDERS for path in folder.rglob("*__models.yml")):
        models = {model["name"] for model in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]}
        in_folder = {path.stem for path in file.parent.glob("*.sql")}
        if models != in_folder:
            wrong.append((str(file.relative_to(ROOT)), sorted(models ^ in_folder)))
    assert not wrong, f"one _<folder>__models.yml describes the models of its folder: {wrong}"
