"""A fact of persons has keys that no one can compute who lacks the secret of its home."""

from __future__ import annotations

import re
from typing import Any

import jinja2

from orchestration.settings import DBT_PROJECT
from orchestration.transform.fingerprints import LANDING
from orchestration.transform.graph import ancestors
from tests.contract.dbt_manifest import Manifest, folder_of
from tests.support.shipped import shipped_registry

# keys that everyone may compute: of publishers, and of records without a person that the city publishes row by row
PUBLIC = re.compile(r"is_public=true|school_event_columns")
SECRET = re.compile(r"(?<!school_)event_columns\((?!.*is_public)|record_key\(")


def test_only_facts_without_persons_have_keys_that_everyone_may_compute(project: Manifest) -> None:
    registry = {contract.source: contract for contract in shipped_registry()}
    nodes = {node["unique_id"]: node for node in project.models()}
    # looked up for a record: addresses of all sources are among them
    looked_up = {unique_id for unique_id, node in nodes.items() if folder_of(node).startswith("intermediate/")}
    public, secret, wrong = set(), set(), set()
    for node in project.models():
        if not folder_of(node).startswith("marts/facts") or "_key" not in next(iter(node["columns"]), ""):
            continue
        name, code = node["name"], node["raw_code"]
        read = {
            found.removeprefix(LANDING) for found in ancestors(nodes, [node["unique_id"]], looked_up) if found.startswith(LANDING)
        }
        contracts = [registry[source] for source in read]
        (public if PUBLIC.search(code) else secret).add(name)
        if PUBLIC.search(code) and any(
            contract.statistical_unit in ("person", "household") or contract.agreement.classification != "public"
            for contract in contracts
        ):
            wrong.add(name)
        if not PUBLIC.search(code) and name != "fct_published_estimates" and ("md5(" in code or not SECRET.search(code)):
            wrong.add(name)
    assert not wrong
    assert {"fct_service_requests", "fct_police_calls", "fct_school_removals", "fct_evictions_by_tract"} <= public
    assert {"fct_employees", "fct_lead_tests", "fct_police_stops", "fct_survey_answers", "fct_court_cases"} <= secret


def test_a_key_is_made_of_the_record_its_number_and_its_snapshot() -> None:
    """dbt's unit tests replace the macro `record_key`, because each home has other keys."""
    template = jinja2.Environment().from_string((DBT_PROJECT / "macros/conform/event_columns.sql").read_text(encoding="utf-8"))
    made: Any = template.module

    def key(**given: Any) -> str:
        return str(made.event_columns("visit", **given)).split(" as visit_key")[0].strip()

    assert key(has_key=True) == "record_keys.main.keyed(_record_hash)"
    assert key(has_key=False) == "record_keys.main.keyed(concat(_record_hash, '#', _number))"
    numbered = "concat_ws('#', _record_hash, _number, occurred_on)"
    assert key(has_key=False, snapshot="occurred_on") == f"record_keys.main.keyed({numbered})"
    assert key(has_key=True, is_public=True) == "_record_hash"
    assert key(has_key=False, snapshot="occurred_on", is_public=True) == f"md5({numbered})"
