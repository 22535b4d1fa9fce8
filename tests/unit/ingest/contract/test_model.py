"""Each rule of a contract refuses a file that breaks it, and names file, line, field and remedy.

One fixture per rule in contracts/invalid: its first line has the expected message, and `# <-` marks the line to name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.contract import Contract, Format
from ingest.contract.keys import json_schema
from ingest.contract.registry import SOURCES, ContractError, load_registry, read_contract

CONTRACTS = Path(__file__).with_name("contracts")
INVALID = sorted((CONTRACTS / "invalid").glob("*.yml"))
EVERYTHING = CONTRACTS / "valid" / "dpt__everything.yml"

MakeContract = Callable[..., Contract]


@pytest.mark.parametrize("file", INVALID, ids=lambda path: path.stem)
def test_each_rule_names_file_line_field_and_remedy(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")
    field, message = lines[0].removeprefix("# says: ").removesuffix("  # <-").split(": ", 1)
    line = next(number for number, text in enumerate(lines, 1) if text.endswith("# <-"))
    with pytest.raises(ContractError) as refused:
        read_contract(file)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.field) == (file, line, field)
    assert message in problem.message
    assert str(refused.value).startswith(f"{file}:{line}: {field}: ")


@pytest.mark.parametrize(
    "name",
    ["HR_DATABASE_URL", "LEVELGROUND_HR_DATABASE_URL", "LEVELGROUND_DATABASE_URL", "LDAP_URL", "RAYTOWN_TOKEN", "HOMES_URL"],
)
def test_a_system_has_a_variable_of_its_own(name: str, make_contract: MakeContract) -> None:
    connector = {"kind": "database", "credentials_env": name, "table": "visits"}
    assert make_contract(connector=connector).connector.credentials_env == name


def test_the_fixtures_are_all_found() -> None:
    assert len(INVALID) > 100


@pytest.mark.parametrize("secret", ["hunter2", "desk:"])
@pytest.mark.parametrize("file", [file for file in INVALID if "hunter2" in file.read_text()], ids=lambda path: path.stem)
def test_a_secret_in_a_contract_is_not_repeated(file: Path, secret: str) -> None:
    with pytest.raises(ContractError) as refused:
        read_contract(file)
    assert secret not in str(refused.value)


def test_a_file_in_another_encoding_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "dpt__everything.yml"
    file.write_bytes(EVERYTHING.read_text(encoding="utf-8").replace("desk", "bürotür").encode("latin-1"))
    with pytest.raises(ContractError, match=r"dpt__everything\.yml:1: \(file\): not UTF-8; save the file as UTF-8"):
        read_contract(file)


def test_all_problems_of_a_contract_are_reported_at_once(tmp_path: Path) -> None:
    text = EVERYTHING.read_text(encoding="utf-8").replace("key: [visit_number]", "key: [visit, visitor]")
    file = tmp_path / "dpt__everything.yml"
    file.write_text(text.replace("department: dpt", "department: mhd"), encoding="utf-8")
    with pytest.raises(ContractError) as refused:
        read_contract(file)
    assert [problem.field for problem in refused.value.problems] == ["source", "load.key.0", "load.key.1"]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / EVERYTHING.name
    file.write_bytes(b"\xef\xbb\xbf" + EVERYTHING.read_bytes())
    assert read_contract(file) == read_contract(EVERYTHING)


def test_every_key_is_read() -> None:
    """The fixture sets every key there is, none of them to its default."""
    contract = read_contract(EVERYTHING)

    def unset(model: object, where: str) -> list[str]:
        if isinstance(model, tuple):
            return [name for at, item in enumerate(model) for name in unset(item, f"{where}[{at}]")]
        if not hasattr(model, "model_fields_set"):
            return []
        fields = type(model).model_fields
        missing = [f"{where}.{name}" for name in fields if name not in model.model_fields_set]
        return missing + [found for name in fields for found in unset(getattr(model, name), f"{where}.{name}")]

    # a column has only the keys that go with its type, a database connector has a table or a query, a format
    # and a load mode their own keys
    unread = [name for name in unset(contract, "") if not name.startswith(".columns[")]
    assert unread == [
        ".snapshot",
        ".connector.query",
        ".format.flatten",
        ".load.partition_by",
        ".load.release",
        ".load.absent",
        ".load.files",
    ]
    released = read_contract(EVERYTHING.with_name("dpt__released.yml")).load
    assert released.partition_by == ("metric", "school_year")
    assert released.release is not None and released.absent == "zero"
    assert (released.release.file_name, released.release.column) == (r"released_(\d{4})-(\d{2})", None)
    assert read_contract(EVERYTHING.with_name("dpt__stock.yml")).load.files == "parts"
    stock = read_contract(EVERYTHING.with_name("dpt__stock.yml")).snapshot
    assert stock is not None
    assert (stock.from_, stock.formats, stock.per) == (("fetched", "file_name", "footer"), ("%Y%m%d", "%m%d%Y"), "quarter")
    assert {name for column in contract.columns for name in column.model_fields_set} == set(
        type(contract.columns[0]).model_fields
    )


@pytest.mark.parametrize(
    ("basis", "protect", "protection"),
    [("open_data", None, "unless_published"), ("open_data", "always", "always"), ("stand_in", None, "always"),
     ("data_sharing_agreement", None, "always"), ("data_sharing_agreement", "unless_published", "unless_published")],
)  # fmt: skip
def test_only_open_aggregates_are_shown_as_published_by_default(
    make_contract: MakeContract, basis: str, protect: str | None, protection: str
) -> None:
    agreement = {"basis": basis, "classification": "public"} | ({"protect": protect} if protect else {})
    assert make_contract(agreement=agreement).agreement.protection == protection


def test_the_contracts_of_the_repository_load() -> None:
    names = load_registry().names()
    assert list(names) == [file.stem for file in sorted(SOURCES.glob("*.yml"))]


def test_a_contract_does_not_change_after_reading(make_contract: MakeContract) -> None:
    contract = make_contract()
    with pytest.raises(ValidationError, match="frozen"):
        contract.title = "another"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        contract.columns[0].name = "another"  # type: ignore[misc]


def test_the_schema_for_editors_has_every_key() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["additionalProperties"] is False
    assert {field.alias or name for name, field in Contract.model_fields.items()} == set(schema["properties"])
    column = schema["$defs"]["Column"]
    assert "from" in column["properties"]
    assert "from_" not in column["properties"]
    assert column["required"] == ["name"]


def test_columns_that_are_kept_and_columns_that_decide(make_contract: MakeContract) -> None:
    contract = make_contract(
        columns=[
            {"name": "number"},
            {"name": "opened_on", "type": "date"},
            {"name": "phone", "privacy": "direct_identifier"},
            {"name": "person", "privacy": "direct_identifier", "keep": "hash"},
        ],
        load={"mode": "replace_period", "period_column": "opened_on", "period": "day", "key": ["number", "opened_on"]},
    )
    assert [column.name for column in contract.kept_columns] == ["number", "opened_on", "person"]
    assert contract.deciding_columns == ("number", "opened_on")
    assert contract.hash_key_needed
    assert not make_contract().hash_key_needed
    assert contract.column("phone").privacy == "direct_identifier"
    with pytest.raises(KeyError):
        contract.column("nowhere")


def test_the_names_under_which_a_column_may_come(make_contract: MakeContract) -> None:
    columns = make_contract(
        columns=[
            {"name": "plain"},
            {"name": "one", "from": "ONE"},
            {"name": "two", "from": ["TWO", "ZWEI"]},
            {"name": "at", "from": 4},
        ]
    ).columns
    assert [column.delivered_names for column in columns] == [("plain",), ("ONE",), ("TWO", "ZWEI"), (4,)]


def test_labels_and_their_vocabularies(make_contract: MakeContract) -> None:
    contract = make_contract(
        columns=[
            {"name": "race", "role": "race", "vocabulary": "eeo4_hr"},
            {"name": "dimension"},
            {
                "name": "group_label",
                "role": "group",
                "vocabulary": {"by": "dimension", "Race": "dpi_wisedash", "Race 2": "eeo4_hr"},
            },
        ]
    )
    assert [column.is_label for column in contract.columns] == [True, False, True]
    assert [column.vocabulary_names() for column in contract.columns] == [("eeo4_hr",), (), ("dpi_wisedash", "eeo4_hr")]
    assert [v.name for v in contract.race_vocabularies()] == ["eeo4_hr", "dpi_wisedash"]


def test_what_is_offered_is_what_is_listed_and_what_questions_ask(make_contract: MakeContract) -> None:
    several = "two or more  races (not hispanic or latino)"
    contract = make_contract(
        columns=[
            {"name": "race", "role": "race", "vocabulary": "eeo4_hr", "offered": ["White", several]},
            {"name": "asian", "role": "race_flag", "vocabulary": "hmis_fy2024", "question": "Asian"},
            {"name": "written", "role": "race", "vocabulary": "open_survey"},
        ]
    )
    boxes = [{"name": "w", "role": "race_flag", "vocabulary": "spd15_2024", "label": "White"}]
    assert make_contract(columns=boxes).offered_labels() == (("spd15_2024", "white"),)
    offered = contract.offered_labels()
    assert offered[:2] == (("eeo4_hr", "white"), ("eeo4_hr", " ".join(several.split())))
    assert ("hmis_fy2024", "asian=1") in offered
    assert {vocabulary for vocabulary, _ in offered} == {"eeo4_hr", "hmis_fy2024"}
    assert {label.split("=")[0] for vocabulary, label in offered if vocabulary == "hmis_fy2024"} == {"asian"}


def test_formats_and_layouts_write_their_keys_in_one_order() -> None:
    """Load ids are hashes of the text: with another order, a home would land every delivery again."""
    keys = ["kind", "encoding", "delimiter", "header", "sheet", "range", "layer", "records", "widths", "crs", "member"]
    written = Format.model_validate({"kind": "csv", "layouts": [{"files": "*", "columns": {"a": 1}}]}).model_dump()
    assert list(written) == [*keys, "layouts"]
    assert list(written["layouts"][0]) == ["files", *keys, "columns"]


@pytest.mark.parametrize(
    ("changes", "rhythm"),
    [
        ({"cadence": "once", "freshness": None}, "release"),
        ({"cadence": "weekly"}, "weekly"),
        ({"cadence": "yearly", "due": "school_year"}, "school_year"),
    ],
)
def test_without_due_the_rhythm_is_that_of_the_deliveries(
    make_contract: MakeContract, changes: dict[str, Any], rhythm: str
) -> None:
    limits = {"freshness": {"warn_after_hours": 1, "stale_after_hours": 2}}
    assert make_contract(**(limits | changes)).rhythm == rhythm
