"""Who reads which table and column follows from contracts and the meta of models."""

from __future__ import annotations

import dataclasses

import pytest

from ingest.city import City, read_city
from ingest.contract import Contract
from orchestration.transform.released_columns import NO_RULE, Plans, ReleasedTable, plan_files, unfillable_columns
from tests.support.shipped import shipped_registry
from warehouse.audiences.plan import Shown

CONTRACTS = {contract.source: contract for contract in shipped_registry()}
CITY: City = read_city(None, "sampleton")
LINEAGE = {"source": "VARCHAR", "_load_id": "VARCHAR", "_source_file": "VARCHAR", "_source_row": "BIGINT"}
CASES = ReleasedTable(
    "marts.fct_court_cases",
    {
        "court_case_key": "VARCHAR", **LINEAGE, "occurred_on": "DATE", "period_end": "DATE", "court_case_at": "TIMESTAMP",
        "case_number": "VARCHAR", "finding_code": "VARCHAR", "address": "VARCHAR", "address_missing_reason": "VARCHAR",
        "latitude_reported": "DOUBLE", "tract_geoid": "VARCHAR",
    },
    sources=("mmc__court_cases",),
)  # fmt: skip


def planned(*tables: ReleasedTable, contracts: dict[str, Contract] = CONTRACTS) -> Plans:
    return plan_files(tables, CITY, contracts)


def with_agreement(source: str, **changes: object) -> dict[str, Contract]:
    contract = CONTRACTS[source]
    return CONTRACTS | {source: contract.model_copy(update={"agreement": contract.agreement.model_copy(update=changes)})}


def columns(plans: Plans, audience: str, table: str) -> dict[str, str]:
    return {name: shown.name for name, shown in plans.files[audience].tables[table].columns.items()}


def test_records_go_to_the_audience_of_their_contract_without_days_addresses_and_numbers() -> None:
    plans = planned(CASES)
    assert list(plans.files) == ["safety"]
    assert columns(plans, "safety", "marts.fct_court_cases") == {
        "court_case_key": "NO_KEY", "source": "WHOLE", "_load_id": "NO_LINEAGE", "_source_file": "NO_LINEAGE",
        "_source_row": "NO_LINEAGE", "occurred_on": "MONTH", "period_end": "WHOLE", "court_case_at": "MONTH",
        "case_number": "NO_RECORD_NUMBER", "finding_code": "WHOLE", "address": "NO_ADDRESS", "address_missing_reason": "WHOLE",
        "latitude_reported": "NO_ADDRESS", "tract_geoid": "WHOLE",
    }  # fmt: skip


def test_the_agreement_gives_what_it_names() -> None:
    contracts = with_agreement("mmc__court_cases", details=("days", "addresses", "record_numbers"))
    given = columns(planned(CASES, contracts=contracts), "safety", "marts.fct_court_cases")
    names = ("occurred_on", "court_case_at", "case_number", "address", "latitude_reported")
    assert {given[name] for name in names} == {"WHOLE"}
    assert given["court_case_key"] == "NO_KEY"


def test_names_of_organisations_are_given_and_texts_that_persons_wrote_are_not() -> None:
    vendors = LINEAGE | {"vendor_name": "VARCHAR", "amount_usd": "DOUBLE"}
    payments = ReleasedTable("marts.fct_payments", vendors, sources=("comptroller__checkbook",))
    answers = ReleasedTable(
        "marts.fct_survey_responses",
        LINEAGE | {"race_ethnicity_code": "VARCHAR", "race_ethnicity_reported": "VARCHAR"},
        sources=("oei__resident_survey",),
    )
    plans = planned(payments, answers)
    assert columns(plans, "money", "marts.fct_payments")["vendor_name"] == "ORGANISATIONS"
    given = columns(plans, "engagement", "marts.fct_survey_responses")
    assert (given["race_ethnicity_code"], given["race_ethnicity_reported"]) == ("WHOLE", "NO_NAME")


def test_rows_of_one_table_go_to_the_audience_of_each_source() -> None:
    contracts = dict(CONTRACTS)
    for source, audience in (("mhd__lead_orders_open", "housing"), ("mhd__lead_orders_abated", "team")):
        contracts[source] = contracts[source].model_copy(update={"audience": audience})
    sources = ("mhd__lead_orders_abated", "mhd__lead_orders_open", "gone__source")
    orders = ReleasedTable("marts.fct_lead_orders", LINEAGE, sources=sources)
    plans = planned(orders, contracts=contracts)
    assert {name: plan.tables["marts.fct_lead_orders"].sources for name, plan in plans.files.items()} == {
        "housing": ("mhd__lead_orders_open",)
    }
    contracts["mhd__lead_orders_open"] = contracts["mhd__lead_orders_open"].model_copy(update={"audience": "team"})
    assert planned(orders, contracts=contracts).files == {}
    assert planned(orders, contracts=contracts).team_only == {
        "marts.fct_lead_orders": "The contract of mhd__lead_orders_abated, mhd__lead_orders_open names the team"
    }


def test_facts_of_publishers_are_figures() -> None:
    found = {"estimate_key": "VARCHAR", **LINEAGE, "period_start": "DATE", "occurred_on": "DATE"}
    estimates = ReleasedTable("marts.fct_published_estimates", found, sources=("urban__employment",))
    given = columns(planned(estimates), "figures", "marts.fct_published_estimates")
    assert (given["estimate_key"], given["_source_row"], given["occurred_on"]) == ("NO_KEY", "NO_LINEAGE", "WHOLE")


def test_a_contract_without_an_audience_gives_records_to_the_team_and_aggregates_to_figures() -> None:
    silent = {name: contract.model_copy(update={"audience": None}) for name, contract in CONTRACTS.items()}
    assert planned(CASES, contracts=silent).files == {}
    assert silent["dns__evictions"].readers == "figures"


def test_another_table_goes_where_its_model_says_and_else_to_the_team() -> None:
    place = ReleasedTable(
        "marts.dim_geography", {"geoid": "VARCHAR", "geometry_wkb": "BLOB"}, {"audience": "figures", "in_records": True}
    )
    own = ReleasedTable("marts.fct_of_a_layer", {"person": "VARCHAR"})
    address = ReleasedTable(
        "marts.dim_address", {"address": "VARCHAR"}, {"audience": "team", "because": "Each row is an address"}
    )
    plans = planned(CASES, place, own, address)
    assert plans.team_only == {"marts.fct_of_a_layer": NO_RULE, "marts.dim_address": "Each row is an address"}
    assert columns(plans, "figures", "marts.dim_geography") == {"geoid": "WHOLE", "geometry_wkb": "WHOLE"}
    assert columns(plans, "safety", "marts.dim_geography") == {"geoid": "WHOLE", "geometry_wkb": "NO_BOUNDARY"}


def test_a_key_that_joins_two_tables_of_a_file_becomes_a_number() -> None:
    keyed = {"engagement_input_key": "VARCHAR", **LINEAGE}
    inputs = ReleasedTable("marts.fct_engagement_inputs", keyed, sources=("oei__engagement_inputs",))
    answers = ReleasedTable(
        "marts.fct_engagement_responses",
        {"engagement_response_key": "VARCHAR", "engagement_input_key": "VARCHAR", **LINEAGE},
        sources=("oei__engagement_responses",),
    )
    plans = planned(inputs, answers)
    given = columns(plans, "engagement", "marts.fct_engagement_responses")
    assert (given["engagement_input_key"], given["engagement_response_key"]) == ("NUMBER", "NO_KEY")
    assert columns(planned(inputs), "engagement", "marts.fct_engagement_inputs")["engagement_input_key"] == "NO_KEY"


def test_the_inputs_follow_from_the_content_and_from_what_is_given() -> None:
    known = dataclasses.replace(CASES, state="a")
    of = [planned(known), planned(known), planned(dataclasses.replace(CASES, state="b"))]
    of.append(planned(known, contracts=with_agreement("mmc__court_cases", details=("days",))))
    first, again, other, wider = (plans.files["safety"].inputs for plans in of)
    assert first == again
    assert len({first, other, wider}) == 3
    assert planned(CASES).files["safety"].inputs == "", "without a fingerprint nothing is known to be equal"
    assert Shown.MONTH in planned(known).files["safety"].tables["marts.fct_court_cases"].columns.values()


@pytest.mark.parametrize(
    ("source", "jurisdiction", "kept"),
    [
        (
            "mmc__court_cases",
            CITY.place_geoid,
            ["occurred_on", "tract_geoid", "police_district_geoid", "police_district_vintage"],
        ),
        ("mmc__court_cases", "2743000", ["occurred_on"]),  # the records of another city are on no map of this one
        ("comptroller__checkbook", CITY.place_geoid, ["occurred_on"]),
        ("dcd__foreclosures", CITY.place_geoid, ["tract_geoid"]),
        ("mpd__incidents", CITY.place_geoid, ["tract_geoid", "police_district_geoid", "police_district_vintage"]),
        ("der__employees", CITY.place_geoid, ["occurred_on"]),  # the date of the snapshot
    ],
)
def test_a_column_that_no_contract_can_fill_is_none_of_the_view(source: str, jurisdiction: str, kept: list[str]) -> None:
    asked = ["occurred_on", "tract_geoid", "police_district_geoid", "police_district_vintage"]
    fact = ReleasedTable("marts.fct_any", LINEAGE | dict.fromkeys([*asked, "school_geoid"], "VARCHAR"), sources=(source,))
    contract = CONTRACTS[source].model_copy(update={"jurisdiction": jurisdiction})
    left_out = unfillable_columns(fact, [contract], CITY, ["tract", "police_district", "neighborhood"])
    assert [name for name in asked if name not in left_out] == kept
    assert "school_geoid" not in left_out
