"""What all portals with pages have in common: every row once, or a refusal with its reason."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from ingest.connectors import FetchRequest, SourceChangedDuringRead, open_live
from ingest.contract import Contract
from ingest.delivery import DeliveryStore, deliver
from ingest.errors import DeliveryError
from tests.support.portals import FakeCkan, hang, reset, status, truncated, web_page
from tests.support.visits import HASH_KEY, NOON
from tests.unit.ingest.connectors.conftest import Asked, Live

MakeContract = Callable[..., Contract]
ALL = [(f"a{number}", f"b{number}") for number in range(25)]
ATTEMPTS = 4


def test_every_row_comes_once_over_all_pages(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    (table,) = read_live(source.contract(make_contract))
    assert table.rows == ALL
    assert table.numbers == list(range(1, 26))
    assert source.portal.pages == 3
    assert (table.missing, table.repeated) == ((), ())


def test_a_portal_that_gives_fewer_rows_than_were_asked_for_skips_none(
    source: Asked, make_contract: MakeContract, read_live: Live
) -> None:
    source.portal.between = lambda page: setattr(source.portal, "most", 7 if page % 2 else 3)
    (table,) = read_live(source.contract(make_contract))
    assert table.rows == ALL


def test_an_empty_table_has_a_header_and_no_rows(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    source.portal.rows.clear()
    (table,) = read_live(source.contract(make_contract))
    assert (table.rows, table.missing) == ([], ())


def test_a_dropped_identifier_is_never_asked_for(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    columns = [{"name": "a", "from": "A"}, {"name": "b", "from": "B", "privacy": "direct_identifier"}]
    (table,) = read_live(source.contract(make_contract, columns=columns))
    assert [row[0] for row in table.rows] == [a for a, _ in ALL]
    pages = [unquote(request.query_string.decode()) for request in source.portal.asked]
    assert len([page for page in pages if re.search(r"\bA\b", page)]) >= 3
    assert not [page for page in pages if re.search(r"\bB\b", page)]
    assert table.missing == ()


def test_a_missing_and_an_unknown_column_are_named(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    columns = [{"name": "a", "from": "A"}, {"name": "c", "from": "C"}]
    (table,) = read_live(source.contract(make_contract, columns=columns))
    assert table.missing == ("C",)
    assert "B" in table.unknown


def test_an_empty_cell_is_no_text(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    source.portal.rows[3]["B"] = None
    source.portal.rows[4]["B"] = ""
    (table,) = read_live(source.contract(make_contract))
    assert table.rows[3:5] == [("a3", None), ("a4", "")]


@pytest.mark.parametrize(
    "faults",
    [
        [status(500)],
        [status(503), status(502), status(500)],
        [None, status(429, Retry_After="1")],
        [None, None, reset],
        pytest.param([None, None, hang(0.3)], marks=pytest.mark.hangs),
        [None, None, truncated(b'{"res', 5000, "application/json")],
    ],
    ids=["500", "500 thrice", "429", "reset", "hang", "truncated"],
)
def test_what_passes_is_waited_for(source: Asked, make_contract: MakeContract, read_live: Live, faults: list[Any]) -> None:
    source.portal.faults = faults
    (table,) = read_live(source.contract(make_contract))
    assert table.rows == ALL


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (status(500, "Jane Q. Canary"), "the portal failed 4 times (500); nothing was ingested; the next run requests it again"),
        (status(429, "slow down"), "the portal refused 4 requests as too many (429); nothing was ingested"),
        (reset, "no connection to the portal, 4 times; check the network and the address in the contract"),
        pytest.param(
            hang(0.3), "the portal did not answer within 0.15 seconds, 4 times; nothing was ingested", marks=pytest.mark.hangs
        ),
        (truncated(b'{"res', 5000, "application/json"), "the connection was interrupted, 4 times; nothing was ingested"),
        (status(403), "the portal refuses access (403); check the value of credentials_env"),
        (status(404), "the portal no longer has it (404); find its new address"),
        (status(301, Location="http://192.0.2.1/"), "the portal has moved (301); find its new address, and correct base_url"),
        (web_page, "its answer is not JSON; check that base_url is the portal's address"),
    ],
    ids=["500", "429", "reset", "hang", "truncated", "403", "404", "moved", "web page"],
)
@pytest.mark.parametrize("after", [0, 5], ids=["at once", "in mid-fetch"])
def test_what_stays_is_reported_without_quoting_it(
    source: Asked, make_contract: MakeContract, read_live: Live, fault: Any, message: str, after: int
) -> None:
    if after and source.kind != "ckan":
        after = 4  # requests before the first page ends
    source.portal.faults = [None] * after + [fault] * 20
    with pytest.raises(DeliveryError, match="dpt__visits: ") as error:
        read_live(source.contract(make_contract))
    assert message in str(error.value)
    trace = "".join(traceback.format_exception(error.value))
    assert "Canary" not in trace and "127.0.0.1" not in str(error.value)


def _delete(number: int) -> Callable[[list[Any]], None]:
    return lambda rows: rows.__delitem__(number)


def test_a_row_that_vanishes_under_the_reader_is_noticed(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    source.portal.between = lambda page: source.portal.rows.__delitem__(2) if page == 2 else None
    with pytest.raises(SourceChangedDuringRead, match="its rows changed while they were read") as error:
        read_live(source.contract(make_contract))
    assert "the next run reads it again" in str(error.value)


def test_a_row_that_vanishes_while_another_comes_is_noticed(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    """The count is the same before and after, and a reader by plain offsets would miss a row of the second page."""

    def swap(page: int) -> None:
        if page == 2:
            last = source.portal.rows[-1]
            del source.portal.rows[2]
            new = {key: 999 if isinstance(value, int) else "row-000999" for key, value in last.items() if key not in ("A", "B")}
            source.portal.rows.append({**new, "A": "new", "B": "new"})

    source.portal.between = swap
    with pytest.raises(
        SourceChangedDuringRead, match=r"a page does not begin where the one before ended|it counted 25 rows and returned 26"
    ):
        read_live(source.contract(make_contract))


def test_a_table_that_is_loaded_anew_in_mid_fetch_is_noticed(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    """As many rows under the same numbers, but others."""
    source.portal.between = lambda page: source.portal.load([{"A": f"x{n}", "B": "x"} for n in range(25)]) if page == 3 else None
    with pytest.raises(SourceChangedDuringRead, match="its rows changed while they were read"):
        read_live(source.contract(make_contract))


def test_a_row_more_at_the_end_is_noticed(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    def grow(page: int) -> None:
        if page == 3:
            rows = source.portal.rows
            key = {name: 26 if isinstance(value, int) else "row-000026" for name, value in rows[-1].items() if name not in "AB"}
            rows.append({**key, "A": "late", "B": "late"})

    source.portal.between = grow
    with pytest.raises(SourceChangedDuringRead, match="it had 25 rows when reading began and 26 when it ended"):
        read_live(source.contract(make_contract))


def test_pages_that_end_too_early_are_noticed(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    def stop(page: int) -> None:
        if page == 2:
            source.portal.most = 0

    source.portal.between = stop
    with pytest.raises(
        SourceChangedDuringRead, match=r"it counted 25 rows and returned 10|a page does not begin where the one before ended"
    ):
        read_live(source.contract(make_contract))


def test_a_column_that_vanishes_between_pages_is_noticed(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    def drop(page: int) -> None:
        if page == 2:
            del source.portal.fields["B"]
            for row in source.portal.rows:
                row.pop("B", None)

    source.portal.between = drop
    with pytest.raises(DeliveryError, match="dpt__visits: "):
        read_live(source.contract(make_contract))


def test_rows_that_moved_are_read_again_and_then_taken(source: Asked, make_contract: MakeContract, tmp_path: Path) -> None:
    source.portal.between = lambda page: source.portal.rows.__delitem__(2) if page == 2 else None
    contract, store = source.contract(make_contract), DeliveryStore(tmp_path / "deliveries", "dpt__visits")
    origin = open_live(contract, FetchRequest({}, tmp_path))
    assert origin is not None
    receipt = deliver(contract, origin, store, HASH_KEY, NOON)
    assert receipt.rows == 24
    assert source.portal.pages > 3


def test_rows_that_keep_changing_are_refused(source: Asked, make_contract: MakeContract, tmp_path: Path) -> None:
    source.portal.between = lambda page: source.portal.rows.__delitem__(1)
    contract, store = source.contract(make_contract), DeliveryStore(tmp_path / "deliveries", "dpt__visits")
    origin = open_live(contract, FetchRequest({}, tmp_path))
    assert origin is not None
    with pytest.raises(SourceChangedDuringRead, match="its rows changed while they were read"):
        deliver(contract, origin, store, HASH_KEY, NOON)
    assert store.records() == () and not list(store.folder.rglob("*.parquet"))


def test_a_number_keeps_its_digits(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    del source.portal.rows[1:]
    source.portal.rows[0]["A"] = 12345678901234567890
    source.portal.rows[0]["B"] = {"latitude": 43.10, "tags": ["ä", None, True, 1e-7]}
    (table,) = read_live(source.contract(make_contract))
    assert table.rows == [("12345678901234567890", '{"latitude":43.1,"tags":["ä",null,true,1e-07]}')]


def test_nothing_of_an_answer_is_logged(
    source: Asked, make_contract: MakeContract, read_live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    source.portal.rows[0]["A"] = "Jane Q. Canary"
    with caplog.at_level(logging.DEBUG):
        read_live(source.contract(make_contract))
    assert "Canary" not in caplog.text


def test_hosts_can_be_moved_by_a_setting(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    keys = source.keys | {"base_url": source.keys["base_url"].replace(source.portal.url, "https://portal.example")}
    contract = make_contract(connector={"kind": source.kind, **keys})
    (table,) = read_live(contract, hosts={"https://portal.example": source.portal.url})
    assert table.rows == ALL


def test_asking_leaves_nothing_behind_and_reads_no_configuration(
    ckan: FakeCkan, make_contract: MakeContract, read_live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dlt would read .dlt/config.toml and secrets.toml, and keep a folder of its own, if it were used for more than asking."""
    (tmp_path / "here" / ".dlt").mkdir(parents=True)
    (tmp_path / "here" / ".dlt" / "config.toml").write_text("[runtime]\nrequest_max_attempts = 1\n")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "somebody"))
    ckan.load([{"A": "1", "B": "2"}])
    ckan.faults = [status(500)]
    (table,) = read_live(make_contract(connector={"kind": "ckan", "base_url": ckan.url, "resource": "r1"}))
    assert table.rows == [("1", "2")]
    assert not (tmp_path / "somebody").exists()
