"""What a person wrote reaches no disk, whatever it is; a theme that names somebody reaches no fact."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.connectors import open_folder
from ingest.contract.registry import load_registry
from ingest.delivery import DeliveryStore, deliver
from ingest.readers import delivered_files
from ingest.sample import engagement as planted
from ingest.sample.engagement import inputs
from ingest.sample.text import word_list
from tests.support.fuzzing import number_of_examples

CONTRACT = load_registry()["oei__engagement_inputs"]
NOW = dt.datetime(2026, 1, 1)
DROPPED = ("Name", "Contact", "Comment", "Translation")
SAID = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


def bytes_of_delivery(folder: Path, root: Path) -> bytes:
    """Everything that a delivery leaves on the disk, the cells of its batch as text."""
    store = DeliveryStore(root, CONTRACT.source)
    receipt = deliver(CONTRACT, open_folder(CONTRACT, delivered_files(folder), folder), store, None, NOW)
    cells = "\n".join(str(cell) for row in pq.read_table(store.batch(receipt.load_id)).to_pylist() for cell in row.values())
    files = b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())
    return files + cells.encode()


@settings(max_examples=number_of_examples(30), deadline=None)
@given(st.lists(st.tuples(SAID, SAID, SAID, SAID), min_size=1, max_size=5))
def test_whatever_a_person_wrote_reaches_no_disk(answers: list[tuple[str, str, str, str]]) -> None:
    """Each text carries a mark, so that it would be found however short it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t", lineterminator="\r\n")
    writer.writerow(word_list("input_columns"))
    for at, texts in enumerate(answers):
        row = dict(zip(DROPPED, (f"{written} MARK{at}X" for written in texts), strict=True))
        cells = {"Input ID": f"IN-{at}", "Event ID": "1", "Received": "2025-03-01", "Theme": "Parks", "Keep until": "2028-03-01"}
        writer.writerow([row.get(name) or cells.get(name, "") for name in word_list("input_columns")])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "delivered"
        folder.mkdir()
        (folder / "inputs.csv").write_bytes(text.getvalue().encode("utf-16"))
        written_bytes = bytes_of_delivery(folder, Path(place) / "deliveries")
    assert b"IN-0" in written_bytes
    assert b"MARK" not in written_bytes
    assert "MARK".encode("utf-16-le") not in written_bytes


def test_the_sample_of_comments_reaches_no_disk(tmp_path: Path) -> None:
    folder = tmp_path / "delivered"
    folder.mkdir()
    claim = inputs.write(folder, np.random.default_rng(11))
    written_bytes = bytes_of_delivery(folder, tmp_path / "deliveries")
    assert claim.delivered == planted.INPUTS + planted.OLD_INPUTS + claim.duplicate
    for private in (b"999-555-", b"nobody listens", b"My neighbor", b"A translation"):
        assert private not in written_bytes
    assert b"Keep until" in written_bytes  # the receipt has the header, and the batch what is kept
