"""Describe assets before anything has run: key, group, owner, kinds, description, columns.

The specs come from contracts and dbt's manifest. See `groups` for the groups, `assets` for the steps and `metadata` for what a
run adds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from ingest.contract import FIGURES, Column, Contract
from ingest.contract import TEAM as TEAM_AUDIENCE
from ingest.layers import Layer
from orchestration.defs.groups import DISCLOSURE, RECORDS, RELEASE, SHARED, groups_of_models
from orchestration.pipeline.build import SUPPRESSED
from orchestration.stewardship.disaggregation import disaggregations
from orchestration.transform.compiled.column_lineage import ByColumn
from orchestration.transform.graph import is_ephemeral, relations_read
from warehouse.audiences.names import file_name
from warehouse.printable import markdown_literal

QUALITY_SCHEMA = "quality"
AUDITED_SCHEMAS = ("marts", "published")
RELEASE_KEY = dg.AssetKey(["published", "levelground"])
SCORECARD_KEY = dg.AssetKey(["published", "scorecard"])
TEAM = "team:data"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def source_owner(contract: Contract) -> str:
    """Return the steward, whom the team asks about a bad delivery."""
    contact = contract.steward.contact
    return contact if EMAIL.fullmatch(contact) else f"team:{contract.department}"


def source_description(contract: Contract, layers: Sequence[Layer] = ()) -> str:
    """Return what is delivered, how often, by which steward, and by which dimensions it can be disaggregated."""
    by = ", ".join(dimension for dimension, columns in disaggregations(contract, layers).items() if columns)
    fresh = contract.freshness
    limit = f"late after {fresh.warn_after_hours:g} h, stale after {fresh.stale_after_hours:g} h" if fresh else "never stale"
    title, grain, platform, team, contact = map(
        markdown_literal, (contract.title, contract.grain, contract.platform, contract.steward.team, contract.steward.contact)
    )
    return (
        f"{title}: {grain}.\n\n"
        f"Delivered {contract.cadence} from {platform}; {limit}. "
        f"Steward: {team} ({contact}).\n\n"
        f"Can be disaggregated by {by or 'no dimension'}."
    )


def source_metadata(contract: Contract) -> dict[str, Any]:
    """Return facts of the contract and the columns that are kept."""
    return {
        "policy_area": contract.policy_area,
        "jurisdiction": contract.jurisdiction,
        "classification": contract.agreement.classification,
        "load_mode": contract.load.mode,
        "dagster/column_schema": dg.TableSchema([_column(column) for column in contract.kept_columns]),
        "dagster/table_name": f"landing.{contract.source}",
    }


def _column(column: Column) -> dg.TableColumn:
    words = [column.role or "no role", *column.vocabulary_names(), *([column.unit] if column.unit else [])]
    description = ", ".join([*([markdown_literal(column.description)] if column.description else []), *words])
    return dg.TableColumn(
        name=column.name,
        type=column.type,
        description=description,
        constraints=dg.TableColumnConstraints(nullable=not column.required),
        tags={"privacy": column.privacy},
    )


def model_specs(
    manifest: Mapping[str, Any], lineage: Mapping[str, ByColumn], contracts: Iterable[Contract]
) -> dict[str, dg.AssetSpec]:
    """Return a spec per seed and model with a relation, by dbt id. Quality depends on what the gates check: it is built last.

    `lineage` has the source columns of each column, for models that have been built.
    """
    groups = groups_of_models(manifest, contracts)
    nodes = {
        i: n
        for i, n in manifest["nodes"].items()
        if n["resource_type"] in ("model", "seed") and n["config"].get("enabled", True) and not is_ephemeral(n)
    }
    keys = {i: dg.AssetKey([node["config"].get("schema") or "staging", node["name"]]) for i, node in nodes.items()}
    keys |= source_keys(manifest)
    read = {i: relations_read(manifest["nodes"], i) for i in nodes}
    # Seeds and run records that most models read would connect every group with every other, so the graph leaves them out, but
    # for a model without other upstream assets. dbt's documentation has the complete graph.
    group_of = groups | {i: RECORDS for i, key in keys.items() if key.path[0] == "receipts"}
    hidden = {parent for parent, group in group_of.items() if group in SHARED}
    shown = {
        i: [parent for parent in read[i] if parent not in hidden or group_of[parent] == groups[i]] or [*read[i]]
        for i in nodes
        if keys[i].path[0] != QUALITY_SCHEMA
    }
    # every other mart reaches the release, which depends on quality, through a public table
    inner = {parent for parents in shown.values() for parent in parents if keys[parent].path[0] != "published"}
    last = [i for i in shown if keys[i].path[0] in AUDITED_SCHEMAS and i not in inner]
    shown |= {i: last or [*read[i]] for i in nodes if i not in shown}
    specs = {}
    for i, parents in shown.items():
        also = sorted(keys[parent].to_user_string() for parent in read[i] if parent not in parents)
        metadata = lineage_metadata(lineage.get(i, {}), keys)
        metadata |= {"also_reads": dg.MetadataValue.text(", ".join(also))} if also else {}
        specs[i] = _model_spec(nodes[i], keys[i], [keys[parent] for parent in parents], groups[i], metadata)
    return specs


def _model_spec(
    node: Mapping[str, Any], key: dg.AssetKey, deps: Sequence[dg.AssetKey], group: str, further: Mapping[str, Any]
) -> dg.AssetSpec:
    """Describe a model or seed as dagster-dbt does, which would import dbt for more than a second in each command (ADR 2)."""
    columns = [
        dg.TableColumn(name, column.get("data_type") or "?", description=column.get("description"))
        for name, column in node["columns"].items()
    ]
    metadata: dict[str, Any] = {
        "dagster/table_name": f"{node['database']}.{node['schema']}.{node['alias']}",
        "dagster/storage_kind": "duckdb",
        "dagster-dbt/materialization_type": node["config"]["materialized"],
        "file": f"dbt_project/{node['original_file_path']}",
    }
    return dg.AssetSpec(
        key,
        deps=deps,
        description=str(node.get("description") or ""),
        metadata={**metadata, **({"dagster/column_schema": dg.TableSchema(columns)} if columns else {}), **further},
        group_name=group,
        code_version=node["checksum"]["checksum"],  # of its file
        owners=[TEAM],
        kinds={"dbt", "seed"} if node["resource_type"] == "seed" else {"dbt", "duckdb"},
    )


def source_keys(manifest: Mapping[str, Any]) -> dict[str, dg.AssetKey]:
    """Return the asset key of each dbt source, by dbt id."""
    return {i: dg.AssetKey([node["source_name"], node["name"]]) for i, node in manifest["sources"].items()}


def lineage_metadata(columns: ByColumn, keys: Mapping[str, dg.AssetKey]) -> dict[str, Any]:
    """Return a model's column lineage in Dagster's format, which its open-source UI does not display, and as a table."""
    deps = {
        column: [dg.TableColumnDep(keys[parent], name) for parent, name in parents if parent in keys]
        for column, parents in columns.items()
        if parents
    }
    if not deps:
        return {}
    rows = [
        f"| {markdown_literal(column)} | "
        f"{', '.join(markdown_literal(f'{dep.asset_key.path[-1]}.{dep.column_name}') for dep in of)} |"
        for column, of in deps.items()
    ]
    table = "\n".join(["| column | made of |", "| --- | --- |", *rows])
    return {"dagster/column_lineage": dg.TableColumnLineage(deps), "columns_made_of": dg.MetadataValue.md(table)}


def receipt_specs(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """Return specs of the tables that a run writes for dbt before the build; no step of their own produces them."""
    keys = {i: key for i, key in source_keys(manifest).items() if key.path[0] == "receipts"}
    return [_written_spec(key, RECORDS, manifest["sources"][i]["description"]) for i, key in keys.items()]


def suppressor_specs(manifest: Mapping[str, Any]) -> dict[str, dg.AssetSpec]:
    """Return the specs of the tables that the suppressor writes while the models are built, by dbt id."""
    keys, nodes = source_keys(manifest), manifest["sources"]
    return {
        i: _written_spec(keys[i], DISCLOSURE, nodes[i]["description"], [dg.AssetKey(model.split("."))])
        for i, model in SUPPRESSED.items()
    }


def file_specs(contracts: Iterable[Contract]) -> list[dg.AssetSpec]:
    """Return the specs of the files for readers other than the data team, which the step of the release writes."""
    readers = dict.fromkeys((FIGURES, *sorted({contract.readers for contract in contracts} - {FIGURES, TEAM_AUDIENCE})))
    figures = "Figures, dimensions and facts of publishers: no row of a person, household, address or single record."
    records = "Records of the audience {}, as far as their agreements allow."
    return [
        _written_spec(file_key(reader), RELEASE, figures if reader == FIGURES else records.format(reader), [RELEASE_KEY])
        for reader in readers
    ]


def file_key(reader: str) -> dg.AssetKey:
    """Return the asset key of the file of an audience."""
    return dg.AssetKey(["published", file_name(reader).removesuffix(".duckdb")])


def _written_spec(key: dg.AssetKey, group: str, description: str, deps: Sequence[dg.AssetKey] = ()) -> dg.AssetSpec:
    return dg.AssetSpec(key, deps=deps, group_name=group, description=description, kinds={"duckdb"}, owners=[TEAM])
