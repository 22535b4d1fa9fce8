"""Write the files from a contract to a fact: staging model, fact, their YAML, suite. What a person has changed is left alone.

In a layer each file ends with a hash of its text. While the hash holds, no person has changed the file, and a later call may
renew it from a changed contract. Files of this repository have no such line, and are never renewed. The text is a start: people
add what only they know, such as codes for a category. dbt's own expressions stay as they are: a template of this folder writes
`[[ value ]]` and `<% if … %>`.
"""

from __future__ import annotations

import json
import re
import textwrap
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ingest.contract import Contract
from ingest.contract.yaml_source import read_yaml
from ingest.contract_draft import DraftError
from orchestration.codegen.folders import Folders
from orchestration.codegen.model_plan import plan_models
from warehouse.fingerprint import json_sha256, text_sha256
from warehouse.sql import literal

FOLDER = Path(__file__).with_name("templates")


def render(template: str, **values: Any) -> str:
    """The text of a file; a value that the template needs and does not get is an error."""
    environment = Environment(  # noqa: S701 - it writes SQL and YAML; `quoted` escapes texts of a contract
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, keep_trailing_newline=True,
        block_start_string="<%", block_end_string="%>", variable_start_string="[[", variable_end_string="]]",
        comment_start_string="<#", comment_end_string="#>",
    )  # fmt: skip
    environment.filters |= {
        "quoted": _quoted,
        "text": _text,
        "filled": _filled,
        "literal": literal,
        "json": partial(json.dumps, ensure_ascii=False),
        "lower_first": lambda text: text[:1].lower() + text[1:],
    }
    return environment.get_template(f"{template}.jinja").render(values)


def render_odcs(contract: Contract) -> str:
    """The contract as YAML of the Open Data Contract Standard, for data catalogs, without columns that are dropped on arrival."""
    terms = contract.model_dump(mode="json", by_alias=True)
    return render("odcs.yml", contract=contract, terms=terms, version=json_sha256(terms)[:12])


def _quoted(text: str) -> str:
    """A YAML text in double quotes; a brace that a contract contains opens no expression of dbt."""
    for opening in ("{{", "{%", "{#"):
        text = text.replace(opening, f"{{ {opening[1]}")
    return _text(text)


def _text(text: str) -> str:
    """A YAML text in double quotes, with expressions of dbt as they are."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _filled(text: str) -> str:
    """A list in lines of 130 characters at most."""
    return textwrap.fill(text, 130, subsequent_indent="  ", break_long_words=False)


HEAD = "version: 2\n\nmodels:\n"
# by file, whether it was written or renewed; what differs by a person's hand was left alone
Written = dict[Path, bool]
_LAST_LINE = re.compile(r"(?:--|#) `levelground sources new` renews this file until a person changes it \((\w{12})\)\n\Z")


def generate(contract: Contract, folders: Folders, taken: frozenset[str] = frozenset(), fact: str | None = None) -> Written:
    """Write what is missing, and renew what no person has changed.

    `taken` are names of models that other sources have; `fact` names the fact. `DraftError` for a name that is taken.
    """
    plan = plan_models(contract, fact)
    if fact is None and plan.fact in taken:
        plan = plan_models(contract, f"fct_{contract.department}_{plan.fact.removeprefix('fct_')}")
    if plan.fact in taken:
        raise DraftError(f"a fact {plan.fact} exists already; name another with --fact")
    if not plan.columns:
        raise DraftError(f"{contract.source} has no column that a fact may have: all are direct identifiers or outlines")
    models = {"staging": folders.staging(plan), "fact": folders.fact(plan)}
    texts = {model: render(f"{kind}.sql", plan=plan) for kind, model in models.items()}
    texts[folders.suite(plan)] = render("suite.yml", plan=plan)
    described = {model: render(f"{kind}.yml", plan=plan) for kind, model in models.items()}
    if not folders.is_shared:
        texts |= {folders.described(model): HEAD + entry for model, entry in described.items()}
    changed = {path: write_model(path, text, renews=not folders.is_shared) for path, text in texts.items()}
    if folders.is_shared:
        changed |= {(path := folders.described(model)): _describe(path, model.stem, entry) for model, entry in described.items()}
    return changed


def write_model(path: Path, text: str, *, renews: bool) -> bool:
    """Whether the file was written: it is missing, or no person has changed it."""
    before = path.read_text(encoding="utf-8") if path.exists() else None
    last = _LAST_LINE.search(before or "") if renews else None
    if before is not None and not (last and text_sha256(before[: last.start()])[:12] == last[1]):
        return False
    comment = "--" if path.suffix == ".sql" else "#"
    end = f"{comment} `levelground sources new` renews this file until a person changes it ({text_sha256(text)[:12]})\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + end if renews else text, encoding="utf-8")
    return True


def _describe(path: Path, model: str, entry: str) -> bool:
    """Add a model's entry to the YAML of its folder; False if it has one."""
    before = path.read_text(encoding="utf-8") if path.exists() else HEAD
    names = [known["name"] for known in read_yaml(path).data.get("models") or ()] if path.exists() else []
    if model in names:
        return False
    gap = "\n" if names else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before.rstrip()}\n{gap}{entry}", encoding="utf-8")
    if [known["name"] for known in read_yaml(path).data["models"]] != [*names, model]:
        path.write_text(before, encoding="utf-8")
        raise DraftError(f"{path} does not end with its list of models; add the entry of {model} by hand")
    return True
