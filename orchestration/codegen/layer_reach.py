"""List what a layer executes or reaches, for a person who decides to use one from elsewhere: `levelground cities check`.

It reads the layer's files and runs nothing. A layer's SQL has the rights of a run: a person reads what is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ingest.city import City, changes_of, city_registry
from ingest.contract import Contract
from ingest.layers import MODELS, SEEDS, SUITES, Layer

# macros of dbt that run statements, read variables or take code from elsewhere, and functions of DuckDB that leave the database
_JINJA = re.compile(r"\{[{%]-?.*?[%}]\}", re.DOTALL)
_CALL = re.compile(r"\b([a-z_][a-z0-9_.]*)\s*\(")
_VARIABLE = re.compile(r"env_var\(\s*['\"]([^'\"]+)")
_POWERFUL = ("run_query", "statement", "env_var", "load_file_contents", "modules.", "adapter.", "dbt_utils.", "fromyaml", "call")
_DBT = ("ref", "source", "config", "is_incremental")
_RULES = re.compile(r"^\s*(?:- )?(?:bad_rows|among|no_rows|expression|where|sql): ", re.MULTILINE)
_HOOKS = re.compile(r"\b(pre_hook|post_hook|pre-hook|post-hook|on-run-start|on-run-end)\b")
_OUTSIDE = re.compile(
    r"\b(read_\w+|\w+_scan|glob|attach|detach|copy|install|load|export|import|pragma|set|create\s+secret|getenv|query|query_table)\b"
    r"(?=\s*\(|\s+['\"\w])",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_TEMPLATES = (".jinja", ".j2", ".html", ".typ", ".tmpl")
_READ = (".yml", ".yaml", ".sql", ".csv", ".md", ".py")


@dataclass(frozen=True)
class Reach:
    """Something that a layer executes or reaches.

    `kind`: host, address, variable, SQL, macro, hook, Python, template, command, file.
    """

    kind: str
    name: str
    file: str


def reach_of(city: City) -> list[Reach]:
    """What the layers of a city execute or reach, sorted by kind; each once per file."""
    registry = {contract.source: contract for contract in city_registry(city)}
    found: list[Reach] = []
    for layer in city.layers:
        own = {path.stem: f"{layer.name}/sources/{path.name}" for path in layer.contracts}
        changed = dict.fromkeys(changes_of(layer), f"{layer.name}/{layer.settings_file.name}")
        for source, file in {**changed, **own}.items():
            if source in registry:
                found += _of_contract(registry[source], file)
        for path in sorted(layer.folder.rglob("*")):
            if path.is_file() or path.is_symlink():
                found += _of_file(layer, path)
    return sorted(dict.fromkeys(found), key=lambda reach: (reach.kind, reach.name, reach.file))


def _of_contract(contract: Contract, file: str) -> Iterator[Reach]:
    connector = contract.connector
    for key in ("base_url", "url", "path"):
        address = getattr(connector, key, None)
        if address:
            host = urlsplit(address).hostname
            yield Reach("host", host, file) if host else Reach("address", address, file)
    for host in getattr(connector, "allow_hosts", ()):
        yield Reach("host", host, file)
    if variable := getattr(connector, "credentials_env", None):
        yield Reach("variable", variable, file)
    if any(column.is_hashed for column in contract.columns):
        yield Reach("variable", "LEVELGROUND_HASH_KEY", file)
    for key in ("query", "where"):
        if (text := getattr(connector, key, None)) and text != "1=1":
            yield Reach("SQL", f"connector.{key}, run by the system of the department: {_short(text)}", file)
    if contract.expectations:
        yield Reach("SQL", f"{len(contract.expectations)} expectations of Great Expectations", file)


def _of_file(layer: Layer, path: Path) -> Iterator[Reach]:
    relative = path.relative_to(layer.folder)
    file = f"{layer.name}/{relative.as_posix()}"
    if path.is_symlink():
        yield Reach("file", "a link, which is not followed here: read where it leads", file)
        return
    if path.suffix == ".py":
        yield Reach("Python", "dbt runs it as a model" if relative.parts[0] == MODELS else "Levelground does not run it", file)
    elif path.suffix in _TEMPLATES:
        yield Reach("template", "Levelground does not read it", file)
    elif path.suffix not in _READ:
        is_command = path.stat().st_mode & 0o111
        yield Reach("command" if is_command else "file", f"Levelground does not {'run' if is_command else 'read'} it", file)
    elif path.suffix == ".sql" or (relative.parts[0] in (MODELS, SUITES, SEEDS) and path.suffix in (".yml", ".yaml")):
        yield from _of_code(path, file)


def _of_code(path: Path, file: str) -> Iterator[Reach]:
    """What a model, a suite or a YAML of dbt runs."""
    text = _COMMENT.sub(" ", path.read_text(encoding="utf-8", errors="replace"))
    if path.suffix == ".sql":
        yield Reach("SQL", "a model or macro, run with the rights of a run", file)
    elif rules := _RULES.findall(text):
        yield Reach("SQL", f"{len(rules)} statements of rules", file)
    for variable in _VARIABLE.findall(text):
        yield Reach("variable", variable, file)
    for block in _JINJA.findall(text):
        for name in set(_CALL.findall(block)).difference(_DBT):
            is_powerful = name.startswith(_POWERFUL)
            yield Reach("macro", f"{name}{', which runs statements or reads what is outside' if is_powerful else ''}", file)
        if block.startswith(("{% macro", "{%- macro")):
            yield Reach("macro", f"defines {block.split('macro', 1)[1].split('(')[0].strip()}", file)
    for hook in _HOOKS.findall(text):
        yield Reach("hook", hook, file)
    for name in _OUTSIDE.findall(_JINJA.sub(" ", text)) if path.suffix == ".sql" else ():
        yield Reach("SQL", f"{' '.join(name.lower().split())}, which reads or changes what is outside of the warehouse", file)
    for address in re.findall(r"\b(?:https?|s3|gs|az|ftp|file)://[^\s'\"<>)]+", text):
        yield Reach("address" if address.startswith("file") else "host", urlsplit(address).hostname or address, file)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
