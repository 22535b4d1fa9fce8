"""ArcGIS: shapes as GeoJSON in WGS 84, times in UTC, errors that come as 200, and asking for what is new."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from ingest.connectors import CursorPosition, FetchRequest, open_live
from ingest.contract import Contract
from ingest.errors import DeliveryError
from tests.support.portals import FakeArcgis, status
from tests.unit.ingest.connectors.conftest import Live

MakeContract = Callable[..., Contract]
SHAPED = [{"name": "a", "from": "A"}, {"name": "geometry", "type": "geometry", "role": "geometry"}]
TIMED = [{"name": "a", "from": "A"}, {"name": "at", "from": "AT", "type": "timestamp", "timezone": "America/Chicago"}]


def keys(portal: FakeArcgis, **more: Any) -> dict[str, Any]:
    return {"connector": {"kind": "arcgis", "base_url": portal.layer, **more}}


def test_shapes_come_as_geojson_in_degrees(
    arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live, tmp_path: Any
) -> None:
    arcgis.load([{"A": "1"}, {"A": "2"}])
    contract = make_contract(**keys(arcgis), columns=SHAPED)
    (table,) = read_live(contract)
    assert [json.loads(row[1]) for row in table.rows] == [
        {"type": "Point", "coordinates": [-87.9, 43.001]},
        {"type": "Point", "coordinates": [-87.9, 43.002]},
    ]
    origin = open_live(contract, FetchRequest({}, tmp_path))
    assert origin is not None
    with origin.tables[0].read() as opened:
        assert opened.crs == "EPSG:4326"
    assert {request.args["outSR"] for request in arcgis.asked if "outFields" in request.args} == {"4326"}


def test_shapes_that_no_one_wants_are_not_asked_for(arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live) -> None:
    arcgis.load([{"A": "1", "B": "2"}])
    (table,) = read_live(make_contract(**keys(arcgis)))
    assert {request.args["returnGeometry"] for request in arcgis.asked if "outFields" in request.args} == {"false"}
    assert "geometry" in table.unknown


def test_a_layer_that_gives_no_geojson_is_reported(arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live) -> None:
    arcgis.load([{"A": "1"}])
    arcgis.formats = "JSON, AMF"
    with pytest.raises(DeliveryError, match="the layer does not return its shapes as GeoJSON; export it by hand"):
        read_live(make_contract(**keys(arcgis), columns=SHAPED))


def test_a_table_has_no_shapes(arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live) -> None:
    arcgis.load([{"A": "1"}])
    arcgis.shapes = False
    (table,) = read_live(make_contract(**keys(arcgis), columns=SHAPED))
    assert (table.missing, table.rows) == (("geometry",), [("1", None)])


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (1751389200000, "2025-07-01 17:00:00Z"),
        (-86400000, "1969-12-31 00:00:00Z"),
        (1751389200123, "2025-07-01 17:00:00.123000Z"),
        (10**17, "100000000000000000"),
        (None, None),
    ],
)
def test_a_time_is_an_instant_with_an_offset(
    arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live, milliseconds: int | None, text: str | None
) -> None:
    arcgis.load([{"A": "1", "AT": milliseconds}], AT="esriFieldTypeDate")
    (table,) = read_live(make_contract(**keys(arcgis), columns=TIMED))
    assert table.rows == [("1", text)]


def test_what_is_new_is_asked_for_with_what_has_no_time(arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live) -> None:
    noon = 1751389200000
    arcgis.load([{"A": str(n), "AT": at} for n, at in enumerate([noon - 1, noon, None, noon + 1])], AT="esriFieldTypeDate")
    contract = make_contract(
        **keys(arcgis, cursor="at", lookback="1 day", where="A <> 'x'"), columns=TIMED, load={"mode": "merge", "key": ["a"]}
    )
    since = CursorPosition(contract.column("at"), dt.datetime(2025, 7, 1, 12), "America/Chicago")
    (table,) = read_live(contract, since=since)
    assert [row[0] for row in table.rows] == ["1", "2", "3"]
    conditions = {request.args["where"] for request in arcgis.asked if request.args.get("returnCountOnly")}
    assert conditions == {"(A <> 'x') AND (AT >= TIMESTAMP '2025-07-01 17:00:00' OR AT IS NULL)"}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ('{"error": {"code": 400, "message": "Jane Q. Canary"}}', r"the service failed \(400\); check base_url and where"),
        (
            '{"error": {"code": 499, "message": "Token Required"}}',
            r"the service refuses access \(499\); ask the service's operator",
        ),
        ('{"error": {"code": 503, "message": "busy"}}', r"the service failed \(503\)"),
        ('{"error": "Jane Q. Canary"}', r"the service failed \(no code\)"),
        ("[]", "its answer is not from ArcGIS; check that base_url is the address of a layer"),
        ("{}", "its answer has no (list of columns|number of rows)|a page has no list of features"),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 3])
def test_an_error_that_comes_as_200_is_reported(
    arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live, error: str, message: str, after: int
) -> None:
    arcgis.load([{"A": "1", "B": "2"}])
    arcgis.faults = [None] * after + [status(200, error, Content_Type="application/json")] * 20
    with pytest.raises(DeliveryError, match=message) as raised:
        read_live(make_contract(**keys(arcgis)))
    assert "Canary" not in str(raised.value)


def test_an_error_that_comes_as_200_and_passes_is_waited_for(
    arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live
) -> None:
    arcgis.load([{"A": "1", "B": "2"}])
    busy = status(200, '{"error": {"code": 503, "message": "busy"}}', Content_Type="application/json")
    arcgis.faults = [busy, busy, None, busy, None, busy]
    (table,) = read_live(make_contract(**keys(arcgis)))
    assert table.rows == [("1", "2")]


def test_a_service_that_does_not_keep_the_order_is_refused(
    arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live
) -> None:
    arcgis.load([{"A": str(number), "B": ""} for number in range(25)])
    arcgis.rows.reverse()
    arcgis.most, arcgis.dishonest = 10, True
    with pytest.raises(DeliveryError, match="the service does not order its rows by OBJECTID; export it by hand"):
        read_live(make_contract(**keys(arcgis)))


def test_a_layer_without_numbers_is_refused(arcgis: FakeArcgis, make_contract: MakeContract, read_live: Live) -> None:
    arcgis.load([{"A": "1", "B": "2"}])
    arcgis.fields["OBJECTID"] = "esriFieldTypeInteger"
    with pytest.raises(DeliveryError, match="its rows have no row number to order them by"):
        read_live(make_contract(**keys(arcgis)))
