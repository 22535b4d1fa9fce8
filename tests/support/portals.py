"""Portals on this machine that answer like the real ones, and misbehave on request.

Here: CKAN, Socrata, ArcGIS and a plain file server over rows in memory, on pytest-httpserver. Each counts its requests, calls
`between` before every page, and takes the first of `faults` for the next answer.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Fault = Callable[[Request], Response]


def status(code: int, body: str = "no", **headers: str) -> Fault:
    """An answer with a status of its own."""
    return lambda _request: Response(body, code, {name.replace("_", "-"): value for name, value in headers.items()})


def hang(seconds: float) -> Fault:
    """No answer for a while."""

    def wait(_request: Request) -> Response:
        time.sleep(seconds)
        return Response("too late", 500)

    return wait


def reset(request: Request) -> Response:
    """The connection is thrown away."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response("")


def truncated(body: bytes, of: int, content_type: str = "text/csv") -> Fault:
    """A body that ends before the length that was promised."""
    # a body in pieces: of a whole one werkzeug would correct the length
    return lambda _request: Response(iter([body]), 200, {"Content-Length": str(of), "Content-Type": content_type})


def web_page(_request: Request) -> Response:
    """The page of a firewall or a login instead of an answer, with status 200."""
    return Response("<html>Please log in</html>", 200, {"Content-Type": "text/html; charset=utf-8"})


@dataclass
class FakePortal:
    """What all have: rows, faults, and a memory of what was asked."""

    server: HTTPServer
    rows: list[dict[str, Any]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    between: Callable[[int], None] = lambda _page: None
    most: int = 1000
    asked: list[Request] = field(default_factory=list)
    pages: int = 0

    def __post_init__(self) -> None:
        self.server.expect_request(re.compile("/.*")).respond_with_handler(self.answer)

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")

    def answer(self, request: Request) -> Response:
        self.asked.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            return fault(request)
        args = {name: values[-1] for name, values in parse_qs(request.query_string.decode(), keep_blank_values=True).items()}
        return self.ask(request.path, args, request)

    def ask(self, path: str, args: dict[str, str], request: Request) -> Response:
        raise NotImplementedError

    def page(self, size: int) -> None:
        """A page of more than one row is about to be answered."""
        if size > 1:
            self.pages += 1
            self.between(self.pages)


def as_json(value: Any, code: int = 200) -> Response:
    return Response(json.dumps(value), code, {"Content-Type": "application/json"})


class FakeCkan(FakePortal):
    """One resource, `r1` of the package `visits`: rows in the datastore, or a file under /file."""

    resource_id = "r1"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.resource: dict[str, Any] = {"id": self.resource_id, "name": "Visits", "datastore_active": True, "state": "active"}
        self.package: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.etags = True
        self.downloads = 0

    def load(self, rows: list[dict[str, Any]]) -> None:
        """Reload the resource: ids begin at 1 again."""
        self.rows = [{"_id": number, **row} for number, row in enumerate(rows, 1)]
        self.fields = {"_id": "int", **{name: "text" for row in rows[:1] for name in row}}

    def ask(self, path: str, args: dict[str, str], request: Request) -> Response:
        if path.startswith("/file/"):
            return self.file(path.removeprefix("/file/"), request)
        action = path.removeprefix("/api/3/action/")
        if action == "resource_show" and args["id"] == self.resource_id:
            return as_json({"success": True, "result": self.resource})
        if action == "package_show" and args["id"] == "visits":
            return as_json({"success": True, "result": {"name": "visits", "resources": self.package or [self.resource]}})
        if action == "datastore_search" and args["resource_id"] in (self.resource_id, *(r["id"] for r in self.package)):
            return self.search(args)
        return as_json({"success": False, "error": {"__type": "Not Found Error", "message": "Jane Q. Canary"}}, 404)

    def search(self, args: dict[str, str]) -> Response:
        limit, offset = min(int(args["limit"]), self.most), int(args.get("offset", "0"))
        self.page(limit)
        names = args["fields"].split(",") if args.get("fields") else list(self.fields)
        if unknown := [name for name in names if name not in self.fields]:
            return as_json({"success": False, "error": {"fields": unknown}}, 409)
        ordered = sorted(self.rows, key=lambda row: row["_id"]) if args.get("sort") == "_id asc" else self.rows[::-1]
        records = [{name: row.get(name) for name in names} for row in ordered[offset : offset + limit]]
        result: dict[str, Any] = {"records": records, "fields": [{"id": name, "type": self.fields[name]} for name in names]}
        if args.get("include_total") != "false":
            result["total"] = len(self.rows)
        return as_json({"success": True, "result": result})

    def file(self, name: str, request: Request) -> Response:
        if name not in self.files:
            return Response("gone", 404)
        etag = f'"{hash(self.files[name])}"'
        if self.etags and request.headers.get("If-None-Match") == etag:
            return Response("", 304)
        self.downloads += 1
        return Response(self.files[name], 200, {"Content-Type": "text/csv"} | ({"ETag": etag} if self.etags else {}))


class FakeSocrata(FakePortal):
    """One dataset, `abcd-1234`; empty cells are left out of rows, as there."""

    def load(self, rows: list[dict[str, Any]]) -> None:
        self.rows = [{":id": f"row-{number:06d}", **row} for number, row in enumerate(rows, 1)]
        self.fields = {name: "text" for row in rows[:1] for name in row}

    def ask(self, path: str, args: dict[str, str], request: Request) -> Response:
        if path == "/api/views/abcd-1234.json":
            columns = [{"fieldName": name, "dataTypeName": kind} for name, kind in self.fields.items()]
            return as_json({"columns": [*columns, {"fieldName": ":@computed_region_x", "dataTypeName": "number"}]})
        if path != "/resource/abcd-1234.json":
            return as_json({"error": True, "message": "Jane Q. Canary"}, 404)
        rows = [row for row in self.rows if self.meant(row, args.get("$where", ""))]
        if args["$select"] == "count(*)":
            return as_json([{"count": str(len(rows))}])
        limit, offset = min(int(args.get("$limit", "1000")), self.most), int(args.get("$offset", "0"))
        self.page(limit)
        rows = [row for row in self.rows if self.meant(row, args.get("$where", ""))]
        if args.get("$order") == ":id":
            rows.sort(key=lambda row: row[":id"])
        names = args["$select"].replace("`", "").split(",")
        page = [{name: row[name] for name in names if row.get(name) is not None} for row in rows[offset : offset + limit]]
        return as_json(page)

    @staticmethod
    def meant(row: dict[str, Any], where: str) -> bool:
        found = re.fullmatch(r"`(\w+)` >= '?([^']*)'? or `\1` is null", where)
        return not where or (found is not None and (row.get(found[1]) is None or row[found[1]] >= found[2]))


class FakeArcgis(FakePortal):
    """A layer under /FeatureServer/0 with points, or a table; errors come as 200, as there."""

    shapes: bool = True
    formats = "JSON, geoJSON"
    dishonest = False

    @property
    def layer(self) -> str:
        return f"{self.url}/arcgis/rest/services/visits/FeatureServer/0"

    def load(self, rows: list[dict[str, Any]], **types: str) -> None:
        self.rows = [{"OBJECTID": number, **row} for number, row in enumerate(rows, 1)]
        named = {name: types.get(name, "esriFieldTypeString") for row in rows[:1] for name in row}
        self.fields = {"OBJECTID": "esriFieldTypeOID", **named}

    def ask(self, path: str, args: dict[str, str], request: Request) -> Response:
        if path.rstrip("/").endswith("/FeatureServer/0"):
            fields = [{"name": name, "type": kind} for name, kind in self.fields.items()]
            shape = {"geometryType": "esriGeometryPoint"} if self.shapes else {}
            return as_json({"fields": fields, "maxRecordCount": self.most, "supportedQueryFormats": self.formats, **shape})
        if not path.endswith("/FeatureServer/0/query"):
            return as_json({"error": {"code": 400, "message": "Invalid URL Jane Q. Canary"}})
        if args.get("returnCountOnly") == "true":
            return as_json({"count": len(self.meant(args["where"]))})
        self.page(int(args["resultRecordCount"]))
        rows = self.meant(args["where"])
        if not self.dishonest:
            rows.sort(key=lambda row: int(row["OBJECTID"]))
        names = args["outFields"].split(",")
        if unknown := [name for name in names if name not in self.fields]:
            return as_json({"error": {"code": 400, "message": f"'outFields' parameter is invalid: {unknown}"}})
        page = rows[: min(int(args["resultRecordCount"]), self.most)]
        features: list[dict[str, Any]] = [{name: row.get(name) for name in names} for row in page]
        if args["f"] == "geojson":
            points = [{"type": "Point", "coordinates": [-87.9, 43.0 + row["OBJECTID"] / 1000]} for row in page]
            described = zip(features, points, strict=True)
            return as_json(
                {
                    "type": "FeatureCollection",
                    "features": [{"type": "Feature", "properties": p, "geometry": g} for p, g in described],
                }
            )
        return as_json({"features": [{"attributes": attributes} for attributes in features]})

    def meant(self, where: str) -> list[dict[str, Any]]:
        after = re.search(r"OBJECTID > (-?\d+)$", where)
        since = re.search(r"(\w+) >= TIMESTAMP '([^']+)' OR \1 IS NULL", where)
        rows = [row for row in self.rows if after is None or row["OBJECTID"] > int(after[1])]
        if since is None:
            return rows
        moment = time.mktime(time.strptime(since[2], "%Y-%m-%d %H:%M:%S")) - time.timezone
        return [row for row in rows if row[since[1]] is None or row[since[1]] >= moment * 1000]
