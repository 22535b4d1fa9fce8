"""A delivery of another city is mapped to a shared source by name, by role, and by similar names."""

from __future__ import annotations

import pytest

from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.contract_draft import Draft
from orchestration.codegen.existing_source import Fit, fitting_source, mapped_to
from tests.support.visits import CONTRACT, visits_contract

SHARED = visits_contract(
    columns=[
        {"name": "visit_number", "from": "NUM", "required": True, "role": "key"},
        {"name": "visited_at", "from": "CREATED", "type": "timestamp", "timezone": "America/Chicago", "required": True,
         "role": "event_time"},
        {"name": "address", "from": "WHERE", "role": "address", "privacy": "quasi_identifier"},
        {"name": "reason", "from": "REASON", "role": "category"},
        {"name": "caller", "from": "CALLER", "privacy": "direct_identifier", "keep": "drop"},
    ],
    load={"mode": "replace", "key": ["visit_number"]}, period={"start": "2020-01-01", "end": "2020-12-31"},
)  # fmt: skip
DELIVERED = [
    {"name": "num", "from": "num", "type": "text"},
    {"name": "reported", "from": "Reported", "type": "timestamp", "formats": ["%m/%d/%Y %H:%M"], "role": "event_time"},
    {"name": "site", "from": "Site", "type": "text", "role": "address"},
    {"name": "desk", "from": "Desk", "type": "text"},
]


@pytest.fixture
def new_draft() -> Draft:
    return Draft({**CONTRACT, "jurisdiction": "2938000", "columns": DELIVERED}, (), (), 3, True)


def test_columns_are_mapped_and_the_rest_is_the_shared_contract(new_draft: Draft) -> None:
    mapped = mapped_to(new_draft, SHARED)
    contract = Contract.model_validate(mapped.complete, context=load_vocabulary())
    assert {column.name: column.delivered_names for column in contract.columns} == {
        "visit_number": ("num",), "visited_at": ("Reported",), "address": ("Site",), "reason": ("reason",),
    }  # fmt: skip
    assert contract.column("visited_at").formats == ("%m/%d/%Y %H:%M",) and contract.column("visited_at").timezone is None
    assert contract.column("address").privacy == "quasi_identifier", "the shared contract decides what is private"
    assert contract.column("reason").files is not None, "a column that models read exists, and is empty"
    assert (contract.jurisdiction, contract.period, contract.ignore) == ("2938000", None, ("Desk",))
    assert mapped.questions == ("reason: no delivered column seems to be it, so its cells are empty",)
    assert [text.partition(":")[0] for text in mapped.not_asked] == ["agreement"], "a row is what it is in the shared source"


def test_a_source_of_the_same_columns_is_named(new_draft: Draft) -> None:
    assert fitting_source(new_draft, [SHARED]) == Fit("dpt__visits", 3, 4)
    other = visits_contract(columns=[{"name": f"{letter}{letter}{letter}"} for letter in "pqrs"])
    assert fitting_source(new_draft, [other]) is None


def test_a_delivery_without_a_required_column_fits_no_source(new_draft: Draft) -> None:
    assert fitting_source(Draft({**new_draft.complete, "columns": DELIVERED[1:]}, (), (), 3, True), [SHARED]) is None
