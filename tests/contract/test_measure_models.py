"""Measures and the models that compute them: each is registered, counted, measured and passed to the suppressor."""

from __future__ import annotations

from orchestration.settings import DBT_PROJECT
from orchestration.transform.macros.registrations import registered
from tests.contract.dbt_manifest import Manifest, folder_of
from tests.contract.registers import seed, shared_models

# Measures of one table of records, which share a counts model: a model costs dbt 0.1 to 0.2 s whatever it reads.
SHARED_COUNTS = {
    "school_assessments": {f"{exam}_{subject}_proficient_share" for exam in ("act", "forward") for subject in ("ela", "math")},
    "deaths_investigated": {"homicide_deaths_yearly", "drug_deaths_yearly"},
    "school_removals": {"discipline_removals_per_1000", "suspensions_per_100_students"},
}


def test_every_measure_is_a_seed_row_and_a_counts_model(project: Manifest) -> None:
    rows = (DBT_PROJECT / "seeds" / "reference" / "measure_registry.csv").read_text(encoding="utf-8").splitlines()[1:]
    registered = {row.split(",")[0] for row in rows}
    counted = {
        node["name"].removeprefix("int_").removesuffix("__counts")
        for node in project.models()
        if folder_of(node) == "measures/counts/"
    }
    # figures of other publishers share one model, and name their measure in a seed
    shared = {**SHARED_COUNTS, "published_estimates": {row["measure_id"] for row in seed("published_measures")} - {""}}
    together = {measure for measures in shared.values() for measure in measures}
    assert registered - together == counted - set(shared) and together <= registered and set(shared) <= counted, (
        "a measure is one row of measure_registry.csv and one int_<measure>__counts, or is named in SHARED_COUNTS: "
        f"{(registered - together) ^ (counted - set(shared))}"
    )


def test_every_counts_model_reaches_the_measures(project: Manifest) -> None:
    """A counts model that the macro counts_models does not list would be built, tested and never measured."""
    counted = {node["unique_id"] for node in project.models() if folder_of(node) == "measures/counts/"}
    (union,) = (node for node in project.models() if node["name"] == "int_equity_measures__unioned")
    read = set(union["depends_on"]["nodes"]) - {"model.levelground.stg_receipts__agreement_terms"}
    assert read == counted, "orchestration.transform.macros.registrations lists the counts models"


def test_what_is_reported_has_the_columns_of_the_measures(project: Manifest) -> None:
    """The suppressor passes all its columns on, and a new column of the measures is published or absent everywhere."""
    reported = set(project.data["sources"]["source.levelground.disclosure.reported"]["columns"])
    columns = {node["name"]: set(node["columns"]) for node in project.models()}
    measures, planned = columns["fct_equity_measures"], columns["int_disclosure__planned"]
    decided = {"reported_at", "is_revision_pending", "hidden_because", "shows_unknown", "is_settled", "is_frozen"}
    assert planned - measures == (reported - measures - decided) | {"is_confidential"}, "describe what the suppressor reads"
    assert reported - planned == decided, f"correct models/disclosure/_disclosure__sources.yml: {sorted(reported ^ planned)}"
    assert columns["equity_measures"] == measures | {"publication_status", "is_shown_first"}
    assert columns["disparity_indices"] == columns["fct_disparity_indices"] | {"publication_status"}
    assert columns["goal_progress"] == columns["fct_goal_progress"] | {"publication_status"}


def test_dated_facts_are_counted_up_to_their_delivery() -> None:
    """A record that is dated after its delivery is in no figure: models of measures read dated facts by `counted_events`."""
    dated = registered(shared_models())["facts_with_dates"]
    folders = (DBT_PROJECT / "models" / "measures", DBT_PROJECT / "macros" / "measures")
    files = [path for folder in folders for path in sorted(folder.rglob("*.sql"))]
    assert len(dated) > 5 and sum("counted_events(" in path.read_text(encoding="utf-8") for path in files) > 15
    direct = [(path.stem, fact) for path in files for fact in dated if f"ref('{fact}')" in path.read_text(encoding="utf-8")]
    assert direct == [], "read it by {{ counted_events('…') }}"
