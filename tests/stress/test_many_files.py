"""Ten thousand files in a folder: as many as a vendor sends that writes one file per record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.integration.test_many_files import deliver_files

MOST_MEGABYTES = 1024


def test_ten_thousand_files_take_less_than_a_gigabyte(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    rows, _, peak = deliver_files(tmp_path, 10_000)
    record_property("most memory, MB", peak)
    assert rows == 30_000
    assert peak < MOST_MEGABYTES
