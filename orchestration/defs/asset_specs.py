"""What the asset graph shows of each node before anything has run: key, group, owner, kinds, description, columns.

Here: those, from contracts and from dbt's manifest. Not here: the steps behind the nodes (`assets`), what a run adds (`shown`).

Groups follow the way of the data: the department that delivers, then conformed, measured, published; beside them reference
(seeds), receipts (what the run itself writes down) and quality.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from ingest.contract import Column, Contract
from orchestration.pipeline.build import SUPPRESSED_ID
from orchestration.sources.disaggregation import disaggregations
from orchestration.transform.column_lineage import ByColumn
from warehouse.disclosure import PLANNED

QUALITY_SCHEMA = "quality"
RELEASE_KEY = dg.AssetKey(["published", "levelground"])
TEAM = "team:data"
GROUPS = {"staging": "conformed", "intermediate": "conformed", "reference": "reference", "marts": "measured"}
# Steps lie beside what they lead to, in the schema of what is not released.
GROUP_OF_FOLDER = {
    "models/marts/": "measured",
    "models/measures/": "measured",
    "models/disclosure/": "measured",
    "models/published/": "published",
}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Translator(DagsterDbtTranslator):
    """dbt's nodes by schema and name; the group says how far along the way of the data they are."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema and name; a delivered table is the asset of its landing."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["config"].get("schema") or "staging", dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """How far along the way of the data the node is."""
        schema = dbt_resource_props["config"].get("schema") or "staging"
        path = dbt_resource_props["original_file_path"]
        own = next((group for folder, group in GROUP_OF_FOLDER.items() if path.startswith(folder)), None)
        return own or GROUPS.get(schema, schema)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the model's documentation says; dagster-dbt would put all of its SQL behind it, also in lists of one line."""
        return str(dbt_resource_props.get("description") or "")

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """dagster-dbt's (columns, table), and where the SQL stands."""
        return {**super().get_metadata(dbt_resource_props), "file": f"dbt_project/{dbt_resource_props['original_file_path']}"}

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 - dagster-dbt's
        """What dbt builds is the data team's."""
        return [TEAM]


def source_owner(contract: Contract) -> str:
    """The steward, who is asked when a delivery is bad."""
    contact = contract.steward.contact
    return contact if EMAIL.fullmatch(contact) else f"team:{contract.department}"


def source_description(contract: Contract) -> str:
    """What is delivered, how often, by whom, and by what it can be disaggregated."""
    by = ", ".join(dimension for dimension, columns in disaggregations(contract).items() if columns)
    fresh = contract.freshness
    limit = f"late after {fresh.warn_after_hours:g} h, stale after {fresh.stale_after_hours:g} h" if fresh else "never stale"
    return (
        f"{contract.title}: {contract.grain}.\n\n"
        f"Delivered {contract.cadence} from {contract.platform}; {limit}. "
        f"Steward: {contract.steward.team} ({contract.steward.contact}).\n\n"
        f"Can be told apart by {by or 'nothing'}."
    )


def source_metadata(contract: Contract) -> dict[str, Any]:
    """What the contract says, and the columns that are kept."""
    return {
        "policy_area": contract.policy_area,
        "jurisdiction": contract.jurisdiction,
        "classification": contract.agreement.classification,
        "load_mode": contract.load.mode,
        "dagster/column_schema": dg.TableSchema([_column(column) for column in contract.kept_columns]),
        "dagster/table_name": f"landing.{contract.source}",
    }


def _column(column: Column) -> dg.TableColumn:
    said = ", ".join([column.role or "no role", *column.vocabulary_names(), *([column.unit] if column.unit else [])])
    return dg.TableColumn(
        name=column.name,
        type=column.type,
        description=said,
        constraints=dg.TableColumnConstraints(nullable=not column.required),
        tags={"privacy": column.privacy},
    )


def model_specs(manifest: Mapping[str, Any], lineage: Mapping[str, ByColumn]) -> dict[str, dg.AssetSpec]:
    """A spec for every model and seed by its dbt id; quality waits for all marts, so that it comes after the gates.

    `lineage` says what their columns are made of, as far as they have been built.
    """
    translator = Translator()
    nodes = {
        i: n for i, n in manifest["nodes"].items() if n["resource_type"] in ("model", "seed") and n["config"].get("enabled", True)
    }
    specs = {
        i: translator.get_asset_spec(manifest, i, None).replace_attributes(
            kinds={"dbt", "seed"} if node["resource_type"] == "seed" else {"dbt", "duckdb"}
        )
        for i, node in nodes.items()
    }
    keys = {i: spec.key for i, spec in specs.items()} | source_keys(manifest)
    specs = {i: spec.merge_attributes(metadata=lineage_metadata(lineage.get(i, {}), keys)) for i, spec in specs.items()}
    marts = [spec.key for spec in specs.values() if spec.key.path[0] in ("marts", "published")]
    return {i: _after(spec, marts) if spec.key.path[0] == QUALITY_SCHEMA else spec for i, spec in specs.items()}


def source_keys(manifest: Mapping[str, Any]) -> dict[str, dg.AssetKey]:
    """The key of everything that models read and dbt does not make, by its dbt id."""
    return {i: dg.AssetKey([node["source_name"], node["name"]]) for i, node in manifest["sources"].items()}


def lineage_metadata(columns: ByColumn, keys: Mapping[str, dg.AssetKey]) -> dict[str, Any]:
    """What a model's columns are made of: as Dagster knows it, which its own UI does not show, and as a table."""
    deps = {
        column: [dg.TableColumnDep(keys[parent], name) for parent, name in parents if parent in keys]
        for column, parents in columns.items()
        if parents
    }
    if not deps:
        return {}
    rows = [
        f"| {column} | {', '.join(f'{dep.asset_key.path[-1]}.{dep.column_name}' for dep in of)} |" for column, of in deps.items()
    ]
    table = "\n".join(["| column | is made of |", "| --- | --- |", *rows])
    return {"dagster/column_lineage": dg.TableColumnLineage(deps), "columns_made_of": dg.MetadataValue.md(table)}


def receipt_specs(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """What the run itself writes down for dbt before it builds: nodes without a step of their own."""
    return [_written_spec(table, "receipts") for table in manifest["sources"].values() if table["source_name"] == "receipts"]


def suppressor_specs(manifest: Mapping[str, Any]) -> dict[str, dg.AssetSpec]:
    """What the suppressor writes in the step that builds the models, by dbt's id: made of one model, read by others."""
    made_of = [dg.AssetKey(PLANNED.split("."))]
    table = manifest["sources"][SUPPRESSED_ID]
    return {SUPPRESSED_ID: _written_spec(table, "published").replace_attributes(deps=made_of)}


def _written_spec(table: Mapping[str, Any], group: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey([table["source_name"], table["name"]]),
        group_name=group,
        description=table["description"],
        kinds={"duckdb"},
        owners=[TEAM],
    )


def _after(spec: dg.AssetSpec, keys: Iterable[dg.AssetKey]) -> dg.AssetSpec:
    return spec.merge_attributes(deps=[key for key in keys if key not in {dep.asset_key for dep in spec.deps}])
