"""What a contract writes about a column reaches dbt, Dagster, the generated models, the documentation site and templates."""

from __future__ import annotations

from pathlib import Path

import yaml

from ingest.contract import Contract
from ingest.contract.registry import Registry
from ingest.contract.template_fields import template_fields
from ingest.delivery.store import compute_load_id
from orchestration.codegen.folders import Folders
from orchestration.codegen.source_models import generate
from orchestration.defs.asset_specs import source_metadata
from orchestration.docs_site.site import renderer
from orchestration.stewardship.template.guide import guide, template_texts
from orchestration.transform.dbt_sources import write_sources
from orchestration.transform.model_files import read_models
from tests.support.visits import visits_contract

MEANING = "Fee that the visitor paid, before {{ refunds }}."


def described(**fee: str) -> Contract:
    return visits_contract(columns=[{"name": "visit"}, {"name": "fee", "type": "decimal", "role": "amount", **fee}])


CONTRACT = described(description=MEANING)


def test_dbt_and_dagster_show_it(tmp_path: Path) -> None:
    write_sources(Registry([CONTRACT]), tmp_path / "_sources.yml")
    (_, fee) = yaml.safe_load((tmp_path / "_sources.yml").read_text())["sources"][0]["tables"][0]["columns"]
    assert fee["description"] == "Fee that the visitor paid, before {{ '{' }}{ refunds }}., decimal, amount", "dbt renders Jinja"
    (_, column) = source_metadata(CONTRACT)["dagster/column_schema"].columns
    assert column.description.startswith("Fee that the visitor paid, before")


def test_generated_models_have_it(tmp_path: Path) -> None:
    folders = Folders.of_layer(tmp_path / "layer")
    generate(described(description="Fee that the visitor paid."), folders)
    models = read_models([folders.models])
    assert models["stg_dpt__visits"].columns["fee"]["description"] == "Fee that the visitor paid, as delivered in fee"
    assert models["fct_visits"].columns["fee"]["description"] == "Fee that the visitor paid, as delivered in fee"


def test_the_site_and_templates_have_it() -> None:
    page = renderer([])("source.html", "sources/dpt__visits.html", source=CONTRACT, status=None)
    assert "Fee that the visitor paid, before {{ refunds }}." in page
    (_, field) = template_fields(CONTRACT)
    assert guide(field, CONTRACT.column("fee"), template_texts("en")).startswith(
        "Fee that the visitor paid, before {{ refunds }}."
    )


def test_it_changes_no_load() -> None:
    assert compute_load_id(CONTRACT, ("ab",)) == compute_load_id(described(), ("ab",))
    assert compute_load_id(described(unit="USD"), ("ab",)) != compute_load_id(described(), ("ab",))
