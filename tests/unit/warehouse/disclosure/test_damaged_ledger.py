"""A damaged file of the disclosure history is never read: it is restored from a release, or the run stops."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from warehouse.disclosure import LedgerDamaged, publish_ledger, restore_ledger
from warehouse.disclosure.states.publication_ledger import FOLDER, _write
from warehouse.paths import Home

RELEASE = "20240405T000000Z-00000000"


@pytest.fixture
def published(tmp_path: Path) -> Home:
    """A home whose release has the two files: 40 counts each."""
    home = Home(tmp_path / "home")
    home.ensure()
    (home.release(RELEASE) / FOLDER).mkdir(parents=True)
    with duckdb.connect() as con:
        for file in (home.ledger, home.reported):
            _write(con, "select range as numerator from range(40)", home.release(RELEASE) / FOLDER / file.name)
    publish_ledger(home, RELEASE)
    return home


def _flip(file: Path, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def test_no_flipped_bit_is_read_as_another_figure(published: Home) -> None:
    good = published.ledger.read_bytes()
    random_bits = random.Random(21)
    changed = 0
    for _ in range(300):
        bit = random_bits.randrange(8 * len(good))
        _flip(published.ledger, bit)
        with suppress(duckdb.Error):
            changed += duckdb.sql(f"from read_parquet('{published.ledger}')").fetchall() != [(n,) for n in range(40)]
        assert restore_ledger(published) == [f"ledger.parquet was damaged: restored from release {RELEASE}."]
        assert published.ledger.read_bytes() == good
    assert changed, "DuckDB reads some flipped bits as other figures"


@pytest.mark.parametrize("spoil", [lambda home: _flip(home.ledger, 999), lambda home: home.ledger.unlink()])
def test_a_run_stops_without_an_intact_copy_and_names_the_command(published: Home, spoil: Callable[[Home], None]) -> None:
    _flip(published.release(RELEASE) / FOLDER / "ledger.parquet", 1234)
    assert restore_ledger(published) == []  # the home's own file is intact
    spoil(published)
    with pytest.raises(
        LedgerDamaged, match=r"ledger\.parquet.*no release has an intact copy.*cp -p BACKUP/disclosure/ledger\.parquet"
    ):
        restore_ledger(published)


def test_a_damaged_hash_is_written_again(published: Home) -> None:
    recorded = published.reported.with_name("reported.parquet.sha256")
    good = recorded.read_bytes()
    _flip(recorded, 3)
    assert restore_ledger(published) == ["Recorded the hash of reported.parquet again: it is intact."]
    assert recorded.read_bytes() == good
    assert restore_ledger(published) == []


def test_files_of_a_version_without_hashes_are_taken_over(published: Home) -> None:
    for file in published.root.rglob("*.sha256"):
        file.unlink()
    assert restore_ledger(published) == []
    assert published.ledger.with_name("ledger.parquet.sha256").is_file()
    _flip(published.ledger, 1000)
    assert len(restore_ledger(published)) == 1


def test_the_first_run_has_nothing_to_restore(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    assert restore_ledger(home) == []
