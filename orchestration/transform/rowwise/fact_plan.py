"""Derive the plan of a row-by-row fact from dbt's manifest: its SQL, the models up to its source, and what they look up.

See `warehouse.rowwise` for the plan, and `transform.rowwise.build_facts` for carrying it out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from ingest.contract import Contract
from ingest.typing import accepted_rows
from orchestration.transform.fingerprints import LANDING, LOOKED_UP, incremental_source, is_row_by_row, meta, view_columns
from orchestration.transform.graph import parents, reached
from warehouse.rowwise import RowwisePlan
from warehouse.sql import quoted


@dataclass(frozen=True)
class RowwiseModels:
    """The models of a fact, by dbt's ids. `models`: row by row from the source to the fact, parents first, the fact last.

    `looked_up`: what they read besides their source, by id; a worker reads all rows of each.
    """

    fact: str
    source: str
    models: tuple[str, ...]
    looked_up: tuple[str, ...]


def rowwise_models(manifest: Mapping[str, Any], fact: str) -> RowwiseModels:
    """The models that tasks build for an incremental fact (`meta: incremental_source`)."""
    nodes = manifest["nodes"]
    source = incremental_source(nodes[fact])
    if source is None:
        raise ValueError(f"{fact} is no incremental fact")
    landing = LANDING + source
    row_by_row = _row_by_row(nodes, fact)
    # only the models between the source and the fact: others are looked up
    between = {fact, *(model for model in row_by_row if landing in _read(nodes, _row_by_row(nodes, model)))}
    graph = {model: sorted(between.intersection(parents(nodes, model))) for model in sorted(between)}
    looked_up = _read(nodes, between) - between - {landing}
    return RowwiseModels(fact, source, tuple(TopologicalSorter(graph).static_order()), tuple(sorted(looked_up)))


def rowwise_plan(
    manifest: Mapping[str, Any],
    models: RowwiseModels,
    contract: Contract,
    city_zone: str,
    sql: Mapping[str, str],
    files: Mapping[str, str],
) -> RowwisePlan:
    """The plan of a fact. `sql`: the compiled SQL of its models, by id. `files`: the file of each relation that is looked up."""
    nodes = manifest["nodes"]
    typed = manifest["sources"][LANDING + contract.source]["relation_name"]
    database = typed.partition(".")[0]
    landed = f'{database}."landing"."{contract.source}"'
    views = [(typed, accepted_rows(contract, landed, city_zone, "not _refused"))]
    views += [(nodes[model]["relation_name"], sql[model]) for model in models.models[:-1]]
    return RowwisePlan(
        fact=nodes[models.fact]["name"],
        landed=landed,
        views=tuple(views),
        select=_without(view_columns(nodes[models.fact]), sql[models.fact]),
        broadcast={relation_name(manifest, unique_id): files[unique_id] for unique_id in models.looked_up},
    )


def _without(columns: Collection[str], select: str) -> str:
    """A SELECT without some of its columns."""
    return f"select * exclude ({', '.join(map(quoted, columns))}) from ({select})" if columns else select


def relation_name(manifest: Mapping[str, Any], unique_id: str) -> str:
    """The relation of a model, seed or source."""
    return str((manifest["nodes"].get(unique_id) or manifest["sources"][unique_id])["relation_name"])


def _row_by_row(nodes: Mapping[str, Any], model: str) -> set[str]:
    """The model, and the models above it that work row by row, without those that are looked up."""

    def above(each: str) -> Iterator[str]:
        for parent in parents(nodes, each):
            node = nodes.get(parent, {})
            if is_row_by_row(node) and LOOKED_UP not in meta(node):
                yield parent

    return {model} | reached([model], above)


def _read(nodes: Mapping[str, Any], models: Collection[str]) -> set[str]:
    return {parent for model in models for parent in parents(nodes, model)}
