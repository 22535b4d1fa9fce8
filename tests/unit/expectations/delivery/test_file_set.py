"""A publisher's yearly release has new file names: what it lacks is one sentence, and periods that follow from names are said."""

from __future__ import annotations

import pytest

from expectations.delivery.volume_checks import file_set_checks
from ingest.contract import Contract
from ingest.contract.registry import SOURCES, read_contract

CHR = "chr__county_health"
MEASURES = (
    "v001", "v005", "v014", "v015", "v039", "v050", "v063", "v067", "v127", "v128", "v129", "v135", "v138", "v147", "v148",
    "v155", "v159", "v160", "v161",
)  # fmt: skip
OTHERS = {"v159": "subgroup", "v160": "subgroup"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_contract(SOURCES / f"{CHR}.yml")


def release(year: int, measures: tuple[str, ...] = MEASURES) -> list[str]:
    """The names of the files of a release: one of all residents and one of groups per measure."""
    return [f"{m}_{kind}r{year}.csv" for m in measures for kind in ("", f"{OTHERS.get(m, 'otherdata')}_")]


def messages(contract: Contract, files: list[str]) -> dict[str, str]:
    return {check.name: check.message for check in file_set_checks(contract, files) if check.message}


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_whole_release_is_fine(contract: Contract, year: int) -> None:
    assert len(release(year)) == 38
    assert messages(contract, release(year)) == {}


def test_some_measures_a_year_before_the_others_lack_nothing(contract: Contract) -> None:
    early = ("v127", "v128", "v129", "v147")
    files = release(2026, early) + release(2025, tuple(m for m in MEASURES if m not in early))
    assert messages(contract, files) == {}


def test_missing_files_are_one_sentence_whether_an_older_one_is_there_or_not(contract: Contract) -> None:
    files = [name for name in release(2026) if name not in ("v039_r2026.csv", "v161_otherdata_r2026.csv")]
    expected = (
        f"{CHR}: the release 2026 has 36 of 38 expected files; missing: v039_r2026.csv, v161_otherdata_r2026.csv; their last "
        "figures stay. Ask the publisher for them, or take them out of release_files"
    )
    assert messages(contract, files) == {"release_files": expected}
    assert messages(contract, [*files, "v039_r2025.csv"]) == {"release_files": expected}


def test_many_missing_files_are_counted(contract: Contract) -> None:
    text = messages(contract, release(2026, MEASURES[:10]))["release_files"]
    assert "has 20 of 38 expected files; missing: v129_otherdata_r2026.csv, v129_r2026.csv, " in text
    assert "v147_r2026.csv, v148_otherdata_r2026.csv, v148_r2026.csv and 8 more; their last" in text


def test_a_later_release_says_that_its_periods_follow_from_names(contract: Contract) -> None:
    assert messages(contract, release(2027)) == {
        "release_periods": f"{CHR}: 38 files are of a release after 2026, and their periods follow from the year in the name; "
        "compare them with the publisher's documentation, then raise release_files.checked_until"
    }


@pytest.mark.parametrize("year", [2025, 2026, 2027, 2031])
def test_every_name_of_a_release_gives_its_columns(contract: Contract, year: int) -> None:
    columns = [column for column in contract.columns if column.from_file]
    found = {name: [column.in_file(name) for column in columns] for name in release(year)}
    assert [name for name, values in found.items() if None in values] == []
    assert found[f"v001_r{year}.csv"] == ["v001", str(year), f"{year - 5}-01-01", f"{year - 3}-12-31"]
    assert found[f"v063_r{year}.csv"][2:] == [f"{year - 2}-01-01", f"{year - 2}-12-31"]
    assert found[f"v063_otherdata_r{year}.csv"][2:] == [f"{year - 6}-01-01", f"{year - 2}-12-31"]
    assert contract.column("period_start").in_file("v999_r2027.csv") is None


def test_no_file_and_no_set_are_no_check(contract: Contract) -> None:
    assert list(file_set_checks(contract, ["notes.csv"])) == []
    assert list(file_set_checks(contract.model_copy(update={"release_files": None}), release(2026))) == []
