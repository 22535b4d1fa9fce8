"""A fact of persons has keys that no one can compute who lacks the secret of its home."""

from __future__ import annotations

import re

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
