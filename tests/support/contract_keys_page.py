"""Write docs/contract-keys.md from the model of a contract and `keys.yml`: `python -m tests.support.contract_keys_page`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ingest.contract.keys import json_schema, key_texts, objects
from ingest.contract.yaml_source import read_yaml
from ingest.layers import CITIES, CITY_FILE
from tests.support.shipped import CONTRACT_FILES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "contract-keys.md"
VALID = ROOT / "tests" / "unit" / "ingest" / "contract" / "contracts" / "valid"
_HEAD = """# The keys of a contract

Generated from the model in `ingest/contract/` and the texts of `ingest/contract/keys.yml` by
`python -m tests.support.contract_keys_page`; a test compares them. Examples are from contracts of the tests and of
`ingest/sources/`; long ones are shortened. [Adding a source](add-a-source.md) explains how to choose, [formats](formats.md) and
[connectors](connectors.md) which keys go together. Word lists are in `ingest/vocabulary.yml`.
"""
_HEADINGS = {
    "Contract": "Contract", "Column": "columns", "Variation": "columns.varies_within", "YearFromFile": "columns.max_from_file",
    "AsOfRule": "as_of, as a rule", "Licence": "agreement.licence", "Header": "format.header", "Unpivot": "format.unpivot",
    "Layout": "format.layouts", "Release": "load.release", "Expectation": "expectations", "FollowUp": "follow_up",
    "ReleaseFiles": "release_files",
}  # fmt: skip
_ORDER = (
    "Contract", "Steward", "Agreement", "Licence", "FileConnector", "DatabaseConnector", "CkanConnector",
    "SocrataConnector", "ArcgisConnector", "HttpConnector", "Format", "Header", "Unpivot", "Layout", "Load", "Release",
    "Period", "AsOfRule", "Freshness", "FollowUp", "Collection", "Tolerances", "Column", "Variation", "YearFromFile",
    "ReleaseFiles", "Footer", "Snapshot", "Expectation",
)  # fmt: skip
# Keys that no contract of the tests or the repository has.
_EXAMPLES: dict[tuple[str, str], Any] = {
    ("SocrataConnector", "kind"): "socrata",
    ("SocrataConnector", "base_url"): "https://data.city.example",
    ("SocrataConnector", "resource"): "abcd-1234",
    ("SocrataConnector", "credentials_env"): "CITY_APP_TOKEN",
    ("SocrataConnector", "cursor"): "updated_at",
    ("SocrataConnector", "lookback"): "3 days",
    ("ArcgisConnector", "kind"): "arcgis",
    ("ArcgisConnector", "base_url"): "https://maps.city.example/arcgis/rest/services/permits/FeatureServer/0",
    ("ArcgisConnector", "where"): "STATUS <> 'VOID'",
    ("ArcgisConnector", "cursor"): "EDITED",
    ("ArcgisConnector", "lookback"): "7 days",
    ("HttpConnector", "kind"): "http",
    ("HttpConnector", "url"): "https://files.city.example/permits.csv",
    ("DatabaseConnector", "query"): "select * from hr.employees where active",
    ("Release", "column"): "released_on",
    ("Snapshot", "column"): "counted_on",
    ("FileConnector", "path"): "/srv/drop/visits",
    ("CkanConnector", "package"): "property-sales-data",
} | {
    (f"{kind}Connector", key): value
    for kind in ("Ckan", "Socrata", "Arcgis", "Http")
    for key, value in (("allow_hosts", ["files.city.example"]), ("max_download_mb", 500))
}


def page() -> str:
    """The page: one table per object of a contract."""
    found = objects(json_schema())
    assert set(found) == set(_ORDER) == set(key_texts()), "an object of the model has no place on the page, or no texts"
    parts = [_HEAD]
    for name in _ORDER:
        parts.append(f"\n## {_heading(name)}\n\n| key | holds | values | example |\n| --- | --- | --- | --- |\n")
        parts += (f"| {' | '.join(cells)} |\n" for cells in _rows(name, found[name]))
    return "".join(parts)


def _heading(name: str) -> str:
    if name.endswith("Connector"):
        return f"connector: {name.removesuffix('Connector').lower()}"
    return _HEADINGS.get(name, name.lower())


def _rows(name: str, part: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    required = part.get("required", ())
    for key, field in part["properties"].items():
        values = _values(field)
        default = field.get("default")
        if key in required:
            values += ", required"
        elif default not in (None, [], {}) and not isinstance(default, dict):
            values += f", default {_code(default)}"
        yield f"`{key}`", _escaped(field["description"]), values, _code({key: _example(name, key)})


def _values(field: dict[str, Any]) -> str:
    if "enum" in field or "const" in field:
        return " or ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    options = [option for option in field.get("anyOf", field.get("oneOf", ())) if option.get("type") != "null"]
    if options:
        return " or ".join(sorted(set(map(_values, options))))  # Python gives unions of the same types in the order of the first
    if "$ref" in field:
        return "keys"
    if field.get("type") == "array":
        items = _values(field["items"]) if "items" in field else "text"
        return f"list of {items}"
    words = {"string": "text", "integer": "number", "number": "number", "boolean": "`true` or `false`", "object": "mapping"}
    return {"date": "date", "date-time": "time"}.get(field.get("format", ""), words.get(field.get("type", ""), "any"))


def _example(name: str, key: str) -> Any:
    for contract in _contracts():
        for owner, value in _values_of(contract):
            if owner == name and key in value:
                return value[key]
    if (name, key) not in _EXAMPLES:
        raise LookupError(f"no contract has an example of {name}.{key}; set it in tests/unit/ingest/contract/contracts/valid")
    return _EXAMPLES[name, key]


@cache
def _contracts() -> tuple[dict[str, Any], ...]:
    changes = read_yaml(CITIES / "milwaukee" / CITY_FILE).data["sources"]
    files = [*sorted(VALID.glob("*.yml")), *CONTRACT_FILES]
    return tuple(read_yaml(file).data | changes.get(file.stem, {}) for file in files)


def _values_of(contract: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each mapping of a contract, with the class that reads it."""
    yield "Contract", contract
    names = {
        "steward": "Steward", "agreement": "Agreement", "format": "Format", "load": "Load", "period": "Period",
        "freshness": "Freshness", "follow_up": "FollowUp", "collection": "Collection", "tolerances": "Tolerances",
        "footer": "Footer", "snapshot": "Snapshot", "as_of": "AsOfRule", "release_files": "ReleaseFiles",
    }  # fmt: skip
    parts = [(owner, contract.get(key)) for key, owner in names.items()]
    parts.append((f"{contract['connector']['kind'].capitalize()}Connector", contract["connector"]))
    form, load = contract.get("format") or {}, contract["load"]
    parts += [("Header", form.get("header")), ("Unpivot", form.get("unpivot")), ("Release", load.get("release"))]
    parts += [("Layout", layout) for layout in form.get("layouts", ())]
    parts.append(("Licence", contract["agreement"].get("licence")))
    parts += [("Expectation", one) for one in contract.get("expectations", ())]
    for column in contract["columns"]:
        parts += [("Column", column), ("Variation", column.get("varies_within")), ("YearFromFile", column.get("max_from_file"))]
    yield from ((owner, value) for owner, value in parts if isinstance(value, dict))


def _code(value: Any) -> str:
    text = yaml.safe_dump(_shortened(value), default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()
    return f"`{_escaped(text.removeprefix('{').removesuffix('}') if isinstance(value, dict) else text)}`"


def _shortened(value: Any) -> Any:
    """The first entries of a long example."""
    if isinstance(value, dict):
        return {key: _shortened(part) for key, part in list(value.items())[:3]}
    if isinstance(value, (list, tuple)):
        return [_shortened(part) for part in value[:2]]
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
