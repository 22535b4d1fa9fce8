"""Every derived expectation passes on a good delivery and fails on the one that it is for."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from expectations.delivery.cell_checks import delivery_query
from expectations.delivery.delivery_facts import DeliveryFacts, ReplacedRows
from expectations.delivery.delivery_gate import delivery_suite
from expectations.results import ExpectationResult, GateResult
from ingest.contract import Contract
from ingest.contract.vocabularies import Vocabulary

Rows = list[dict[str, str | None]]
MakeContract = Callable[..., Contract]
Judge = Callable[..., GateResult]
Found = Callable[..., ExpectationResult]


@dataclass(frozen=True)
class Case:
    """A delivery that one expectation is for: how it differs from the good one, and the message about it."""

    expectation: str
    severity: str
    column: str | None = None
    spoil: Callable[[Rows], Any] = lambda rows: None
    contract: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""

    def __str__(self) -> str:
        return f"{self.expectation}-{self.severity}-{self.column}"


def put(column: str, value: str | None, count: int) -> Callable[[Rows], Any]:
    """`value` into the column of the first `count` rows."""
    return lambda rows: [row.update({column: value}) for row in rows[:count]]


def header(rows: Rows) -> None:
    delivered = {
        "visit_number": "VISIT",
        "visited_at": "VISITED",
        "closed_at": "CLOSED",
        "race_ethnicity": "RACE",
        "group_label": "GROUP",
    }
    rows.insert(3, {name: delivered.get(name, name.upper()) for name in rows[0]})


def all_texts() -> dict[str, Any]:
    columns = {"visited_at": None, "closed_at": None, "fee": None}
    return {"columns": columns, "load": {"mode": "replace", "key": ["visit_number"]}, "follow_up": None}


ADDS = {"adds_only": True}
NOT_NULL = {
    "expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "mode"}, "severity": "warning"}]
}
NAMED = {"expectations": [NOT_NULL["expectations"][0] | {"name": "mode_is_given", "reason": "the mode of booking is unknown"}]}
VARIES = {"columns": {"fee": {"varies_within": {"by": ["mode"], "rows": 20, "otherwise": "invalid"}}}}
CASES = [
    Case(
        "varying_values",
        "warning",
        "fee",
        lambda rows: [row.update(fee="1", mode="desk") for row in rows],
        VARIES,
        message="one value",
    ),
    Case("columns_missing", "critical", "fee", facts={"columns_missing": ("FEE",)}, message="ask the steward"),
    Case(
        "columns_missing",
        "critical",
        "race_ethnicity",
        facts={"columns_missing": ("RACE",), "columns_unknown": ("RACE_CD", "FEES")},
        message="RACE_CD is new: was it renamed?",
    ),
    Case("columns_repeated", "critical", "fee", facts={"columns_repeated": ("FEE",)}, message="delivered twice"),
    Case("columns_unknown", "warning", facts={"columns_unknown": ("WEATHER",)}, message="WEATHER"),
    Case("rows", "critical", spoil=lambda rows: rows.clear()),
    Case("rows", "critical", spoil=lambda rows: [row.update(dict.fromkeys(row, " ")) for row in rows]),
    Case("rows", "info", spoil=lambda rows: rows.clear(), facts=ADDS),
    Case("rows_lost", "critical", spoil=lambda rows: rows.__delitem__(slice(99, None)), message="cut off"),
    Case(
        "rows_gained", "warning", spoil=lambda rows: rows.extend([dict(row) for row in rows] + [dict(rows[0])]), message="twice"
    ),
    Case("header_rows_pct", "warning", spoil=header, message="repeat the header"),
    Case("header_rows_pct", "critical", spoil=header, contract=all_texts()),
    Case("rejected_rows_pct", "critical", spoil=put("visit_number", "", 3), message="visit_number, visited_at"),
    Case("required_pct", "critical", "visit_number", put("visit_number", "", 3)),
    Case("required_pct", "critical", "visited_at", put("visited_at", "soon", 3), message="a timestamp"),
    Case("repeated_keys", "info", spoil=put("visit_number", "V0009", 1)),
    Case("invalid_cells_pct", "warning", "fee", put("fee", "-5", 3), message="from 0"),
    Case("invalid_cells_pct", "warning", "mode", put("mode", "fax", 3), message="phone, desk"),
    Case("layout_change_pct", "critical", "fee", put("fee", "see remarks", 101)),
    Case("layout_change_pct", "critical", "closed_at", put("closed_at", "later", 150)),
    Case("geoid_form_pct", "warning", "tract", put("tract", "186300.0", 1)),
    Case("geoid_form_pct", "critical", "tract", put("tract", "186300.0", 3), {"columns": {"tract": {"required": True}}}),
    Case("geoid_lengths", "warning", "tract", put("tract", "55079", 1)),
    Case("unmapped_labels_pct", "critical", "race_ethnicity", put("race_ethnicity", "CHINOOK", 1), message="beyond what DPT-01"),
    Case("unmapped_labels_pct", "critical", "group_label", put("group_label", "Three or More", 1)),
    Case(
        "unmapped_labels_pct",
        "warning",
        "race_ethnicity",
        put("race_ethnicity", "Italian", 1),
        {"columns": {"race_ethnicity": {"vocabulary": "write_in"}}},
    ),
    Case(
        "unmapped_labels_pct",
        "critical",
        "race_ethnicity",
        put("race_ethnicity", "White; Chinook", 1),
        {"columns": {"race_ethnicity": {"vocabulary": "tick_list", "delimiter": ";"}}},
    ),
    Case(
        "unmapped_labels_pct",
        "critical",
        "race_ethnicity",
        put("race_ethnicity", "CHINOOK", 1),
        {"columns": {"race_ethnicity": {"vocabulary": "questions", "role": "ethnicity", "question": "Race"}}},
    ),
    Case("labelled_rows", "warning", "dimension", lambda rows: [row.update(dimension="Race") for row in rows]),
    Case("implausible_times_pct", "warning", "visited_at", put("visited_at", "2025-12-03 00:00:00", 1)),
    Case("implausible_times_pct", "warning", "closed_at", put("closed_at", "0025-11-03", 1)),
    Case(
        "periods_present_pct", "critical", "visited_at", put("visited_at", "2002-12-03 00:00:00", 1), message="would become empty"
    ),
    Case(
        "follow_up_pct",
        "warning",
        "closed_at",
        lambda rows: [row.update(closed_at=row["visited_at"]) for row in rows],
        message="followed until delivery",
    ),
    Case("expect_column_values_to_not_be_null", "warning", "mode", put("mode", "", 1), NOT_NULL, message="the contract expects"),
    Case(
        "mode_is_given", "warning", "mode", put("mode", "", 1), NAMED, message="the mode of booking is unknown; ask the steward"
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_expectation_fails_on_what_it_is_for(
    case: Case, make_contract: MakeContract, judge: Judge, found: Found, facts: DeliveryFacts, good_rows: Rows
) -> None:
    contract = make_contract(**case.contract)
    case.spoil(good_rows)
    result = judge(contract, good_rows, dataclasses.replace(facts, **case.facts))
    finding = found(result, case.expectation, case.column)
    assert (finding.success, finding.severity) == (False, case.severity)
    assert case.message in finding.message and finding.message.startswith("dpt__visits")
    assert result.passed == (not result.failed_critical)
    if case.severity == "critical":
        assert not result.passed


@pytest.mark.parametrize("contract", [{}, all_texts(), NAMED, VARIES], ids=["full", "texts", "native", "varying"])
def test_every_expectation_passes_on_a_good_delivery(
    contract: dict[str, Any], make_contract: MakeContract, judge: Judge, good_rows: Rows
) -> None:
    for row in good_rows:
        row["mode"] = row["mode"] or "desk"
    result = judge(make_contract(**contract), good_rows)
    assert result.passed
    assert [finding for finding in result.findings if not finding.success] == []


def test_what_only_adds_cannot_have_lost_rows(
    make_contract: MakeContract, judge: Judge, facts: DeliveryFacts, good_rows: Rows
) -> None:
    del good_rows[99:]
    result = judge(make_contract(), good_rows, dataclasses.replace(facts, adds_only=True))
    assert not {"rows_lost", "rows_gained"} & {finding.expectation for finding in result.findings}


def test_every_derived_expectation_has_a_case(make_contract: MakeContract, facts: DeliveryFacts, vocabulary: Vocabulary) -> None:
    contract = make_contract()
    reading = delivery_query(contract, "delivery.visits", (), {}, None)
    derived = {check.name for check in delivery_suite(contract, reading, facts, {}, vocabulary)}
    assert derived <= {case.expectation for case in CASES}


def test_a_result_reports_how_many_rows_failed_and_where_they_begin(
    make_contract: MakeContract, judge: Judge, found: Found, good_rows: Rows
) -> None:
    put("fee", "free", 7)(good_rows[20:])
    finding = found(judge(make_contract(), good_rows), "invalid_cells_pct", "fee")
    assert finding.message.endswith("(7 of 200 rows); first in visits.csv, record 21")
    assert (finding.observed, finding.threshold) == (3.5, 1.0)


@pytest.mark.parametrize(("bad", "passes"), [(3, True), (6, True), (7, False)])
def test_a_tolerance_is_a_share_of_all_rows(
    bad: int, passes: bool, make_contract: MakeContract, judge: Judge, found: Found, good_rows: Rows
) -> None:
    """DER-01: 3 of 6,304 rows, 0.0476 %, are within 0.1 %."""
    rows = [dict(good_rows[number % 200]) for number in range(6304)]
    put("race_ethnicity", "TORRES STRAIT ISLANDER ORIGIN", bad)(rows)
    finding = found(judge(make_contract(), rows), "unmapped_labels_pct", "race_ethnicity")
    assert finding.success is passes
    assert finding.observed == pytest.approx(100 * bad / 6304)


def test_rows_that_are_blank_are_no_rejected_rows(
    make_contract: MakeContract, judge: Judge, found: Found, good_rows: Rows
) -> None:
    """MPD-01: 1.9 % of the rows are blank, and none is bad."""
    good_rows += [dict.fromkeys(good_rows[0], "") for _ in range(20)]
    assert found(judge(make_contract(), good_rows), "rejected_rows_pct").observed == 0


def test_a_few_bad_cells_of_a_sparse_column_are_no_layout_change(
    make_contract: MakeContract, judge: Judge, found: Found, good_rows: Rows
) -> None:
    put("closed_at", "", 200)(good_rows)
    put("closed_at", "later", 2)(good_rows)
    result = judge(make_contract(), good_rows)
    assert found(result, "layout_change_pct", "closed_at").success
    assert not found(result, "invalid_cells_pct", "closed_at").success


@pytest.mark.parametrize(
    ("earlier", "rows", "passes"),
    [((), 1, True), ((200,), 100, True), ((200,), 99, False), ((40, 200, 200), 100, True), ((40, 200, 200), 99, False)],
    ids=["first load", "at the tolerance", "below it", "an odd batch", "is no new norm"],
)
def test_volume_is_compared_with_the_usual_one(
    earlier: tuple[int, ...],
    rows: int,
    passes: bool,
    make_contract: MakeContract,
    judge: Judge,
    facts: DeliveryFacts,
    good_rows: Rows,
) -> None:
    result = judge(make_contract(), good_rows[:rows], dataclasses.replace(facts, earlier_rows=earlier))
    lost = [finding for finding in result.failed_critical if finding.expectation == "rows_lost"]
    assert (not lost) is passes


DAYS = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))


@pytest.mark.parametrize(
    ("replaced", "passes"),
    [
        (None, True),
        (ReplacedRows(400, *DAYS), True),
        (ReplacedRows(401, *DAYS), False),
        (ReplacedRows(10, DAYS[1], DAYS[1]), False),
    ],
    ids=["takes nothing out", "at the tolerance", "below it", "other periods do not make up for it"],
)
def test_a_batch_that_adds_is_compared_with_what_it_takes_out(
    replaced: ReplacedRows | None, passes: bool, make_contract: MakeContract, judge: Judge, facts: DeliveryFacts, good_rows: Rows
) -> None:
    contract = make_contract(load={"mode": "replace_period", "period_column": "visited_at", "period": "day"})
    result = judge(contract, good_rows, dataclasses.replace(facts, earlier_rows=(4_000,), adds_only=True, replaced=replaced))
    lost = [finding for finding in result.failed_critical if finding.expectation == "rows_lost"]
    assert (not lost) is passes


def test_a_missing_column_is_reported_once(
    make_contract: MakeContract, judge: Judge, facts: DeliveryFacts, good_rows: Rows
) -> None:
    """It reads as empty in every row; a second message would bury the cause."""
    put("visited_at", None, 200)(good_rows)
    result = judge(make_contract(), good_rows, dataclasses.replace(facts, columns_missing=("VISITED",)))
    assert [(finding.expectation, finding.column) for finding in result.failed_critical] == [("columns_missing", "visited_at")]


def test_a_first_load_may_have_gaps(make_contract: MakeContract, judge: Judge, facts: DeliveryFacts, good_rows: Rows) -> None:
    put("visited_at", "2002-12-03 00:00:00", 1)(good_rows)
    result = judge(make_contract(), good_rows, dataclasses.replace(facts, earlier_rows=()))
    assert "periods_present_pct" not in {finding.expectation for finding in result.findings}


def test_follow_up_that_the_contract_does_not_claim_is_no_warning(
    make_contract: MakeContract, judge: Judge, good_rows: Rows
) -> None:
    for row in good_rows:
        row["closed_at"] = row["visited_at"]
    short = {"until": "days_after_start", "days": 2, "start": "visited_at", "end": "closed_at"}
    result = judge(make_contract(follow_up=short), good_rows)
    assert "follow_up_pct" not in {finding.expectation for finding in result.findings}


def test_labels_fold_case_and_spaces_as_the_crosswalk_does(
    make_contract: MakeContract, judge: Judge, found: Found, good_rows: Rows
) -> None:
    put("race_ethnicity", "  asian/pacific \u00a0 islander ", 50)(good_rows)
    assert found(judge(make_contract(), good_rows), "unmapped_labels_pct", "race_ethnicity").observed == 0


def test_a_vocabulary_without_labels_is_named(make_contract: MakeContract, judge: Judge, found: Found, good_rows: Rows) -> None:
    result = judge(make_contract(), good_rows, labels={"dpi_wisedash": frozenset({"Two or More"})})
    assert "has no row for eeo4_hr" in found(result, "unmapped_labels_pct", "race_ethnicity").message


def test_times_of_the_day_after_as_of_are_plausible(
    make_contract: MakeContract, judge: Judge, found: Found, good_rows: Rows
) -> None:
    put("visited_at", (dt.datetime(2025, 12, 1) + dt.timedelta(hours=23)).isoformat(sep=" "), 1)(good_rows)
    assert found(judge(make_contract(), good_rows), "implausible_times_pct", "visited_at").success
