"""The planted truth of engagement, held against the delivered files."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

LAST = date(2025, 12, 31)
RACES = {"White": "white", "Black or African American": "black", "Hispanic or Latino": "hispanic", "Asian;Hmong": "asian"}
LANGUAGES = {"English": "en", "Spanish": "es", "Español": "es", "Hmong": "hmn", "Hmoob": "hmn"}


@pytest.fixture(scope="module")
def truths(small_city: Path) -> list[dict[str, Any]]:
    content = json.loads((small_city / "truth.json").read_text(encoding="utf-8"))["truths"]
    return [truth for truth in content if truth["measure_id"].startswith("engagement_")]


@pytest.fixture(scope="module")
def inputs(small_city: Path) -> list[dict[str, Any]]:
    """Every input of the two years with its outcome: `days`, `answer`, `reason`, `answered_in`."""
    text = (small_city / "oei__engagement_inputs" / "inputs.csv").read_bytes().decode("utf-16")
    rows = {row["Input ID"]: row for row in csv.DictReader(text.splitlines(keepends=True), delimiter="\t")}
    (file,) = (small_city / "oei__engagement_responses").iterdir()
    records = list(openpyxl.load_workbook(file)["Log"].iter_rows(min_row=5, values_only=True))
    log = {record[0]: dict(zip(records[0], record, strict=True)) for record in records[1:]}
    outcomes = []
    for number, row in rows.items():
        received, entry = date.fromisoformat(row["Received"]), log.get(number, {})
        answered_at = entry.get("Told on")
        outcomes.append(
            {
                "year": received.year, "followed": (LAST - received).days, "race": RACES.get(row["Race and/or ethnicity"]),
                "language": LANGUAGES.get(row["Language"]), "days": (answered_at.date() - received).days if answered_at else None,
                "answer": entry.get("Answer"), "reason": entry.get("Reason if declined"),
                "answered_in": entry.get("Told in") or "",
            }
        )  # fmt: skip
    return [row for row in outcomes if row["year"] >= 2024]


def true_value(truths: list[dict[str, Any]], measure: str, code: str, by: str = "race_ethnicity_code") -> float:
    """The truth of 2024 of a group, or of a language."""
    wanted = {"race_ethnicity_code": "all", "stratum_code": "all", "geography_type": "city", by: code}
    (value,) = (
        truth["value"]
        for truth in truths
        if truth["measure_id"] == measure and truth["period_start"] == "2024-01-01"
        if all(truth[name] == expected for name, expected in wanted.items())
    )
    return float(value)


def assert_drawn_from(percent: float, had: list[bool]) -> None:
    share = percent / 100
    error = (share * (1 - share) / len(had)) ** 0.5
    assert len(had) > 10
    assert abs(sum(had) / len(had) - share) <= 4 * error + 1e-9


@pytest.mark.parametrize("race", ["all", "white", "black", "hispanic", "asian"])
def test_answers_are_drawn_as_planted_by_race(race: str, truths: list[dict[str, Any]], inputs: list[dict[str, Any]]) -> None:
    ours = [row for row in inputs if row["year"] == 2024 and race in ("all", row["race"])]
    in_time = [row["days"] is not None and row["days"] <= 90 for row in ours]
    assert_drawn_from(true_value(truths, "engagement_inputs_answered_share", race), in_time)
    median = true_value(truths, "engagement_days_to_answer_median", race)
    # nearly all of 2024 is followed for more than a year, so that the share within the median is a half
    assert_drawn_from(50, [row["days"] is not None and row["days"] <= median for row in ours])
    declined = [bool(row["reason"]) for row in ours if row["answer"] == "Declined"]
    assert_drawn_from(true_value(truths, "engagement_declined_with_reason_share", race), declined)


@pytest.mark.parametrize(("language", "name"), [("en", "English"), ("es", "Spanish"), ("hmn", "Hmong")])
def test_answers_are_in_the_planted_languages(
    language: str, name: str, truths: list[dict[str, Any]], inputs: list[dict[str, Any]]
) -> None:
    languages = [
        row["answered_in"] for row in inputs if row["year"] == 2024 and row["language"] == language and row["days"] is not None
    ]
    share = true_value(truths, "engagement_answered_in_language_share", language, by="stratum_code")
    assert_drawn_from(share, [name in answered_in.split("; ") for answered_in in languages])


def test_who_comes_is_drawn_as_planted(small_city: Path, truths: list[dict[str, Any]]) -> None:
    with (small_city / "oei__engagement_participation" / "participation.csv").open(encoding="utf-8-sig", newline="") as file:
        people = {row["Response ID"]: row for row in csv.DictReader(file)}.values()
    with next((small_city / "census__blocks_2020").iterdir()).open(encoding="ascii", newline="") as file:
        adults = dict.fromkeys(("white", "black", "hisp", "asian"), 0)
        for block in csv.DictReader(file):
            for code in adults:
                adults[code] += int(block[f"vap_{code}"])
    participants = [row for row in people if row["Date"].endswith("2024") and row["Age"] != "Under 18"]
    for code, labels in (("white", {"White", "Middle Eastern or North African"}), ("black", {"Black or African American"})):
        expected = true_value(truths, "engagement_participation_per_1000", code) * adults[code] / 1000
        counted = sum(row["Race and/or ethnicity (select all that apply)"] in labels for row in participants)
        assert abs(counted - expected) < 4 * expected**0.5


def test_interpreters_are_provided_as_planted(small_city: Path, truths: list[dict[str, Any]]) -> None:
    events = json.loads((small_city / "oei__engagement_events" / "events.json").read_text(encoding="utf-8"))["results"]
    offsets = {datetime.fromisoformat(event["starts_at"]).utcoffset() for event in events}
    assert len(offsets) == 2  # standard and daylight time
    for code, name in (("es", "Spanish"), ("hmn", "Hmong")):
        met = [one["given"] for event in events for one in event["interpreters"] if one["language"] == name and one["asked"]]
        assert_drawn_from(true_value(truths, "engagement_interpreter_need_met_share", code, by="stratum_code"), met)


def test_the_files_hold_what_must_not_get_in(small_city: Path) -> None:
    """Names, telephones, somebody's fence for a theme, inputs whose time is over: else the sample would try nothing."""
    text = (small_city / "oei__engagement_inputs" / "inputs.csv").read_bytes().decode("utf-16")
    rows = list(csv.DictReader(text.splitlines(keepends=True), delimiter="\t"))
    assert all("999-555-" in row["Comment"] and "\n" in row["Comment"] for row in rows)
    assert sum(row["Theme"].startswith("Fence of") for row in rows) > 3
    assert sum(date.fromisoformat(row["Keep until"]) < date(2026, 1, 1) for row in rows) == 40
    assert len({row["Input ID"] for row in rows}) == len(rows) - 4
