"""Map a delivery to a source that exists already, so that its fact and measures serve another city, or a later system, unchanged.

The contract of a layer replaces the shared one of its name. The draft here has the columns of the shared contract, each with the
name under which this delivery has it. A source that succeeds another (seed `source_successions`) has contract and staging model
from those of the other. See `ingest.contract_draft.draft` for a source of its own.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from expectations.delivery.column_differences import similarity
from ingest.contract import Column, Contract
from ingest.contract_draft import Draft, DraftError
from ingest.layers import rows_of_seed, seed_rows
from ingest.readers import letters
from orchestration.codegen.folders import Folders
from orchestration.codegen.model_plan import plan_models
from orchestration.codegen.source_models import HEAD, Written, render, write_model
from orchestration.runs.delivery_location import home_city
from orchestration.settings import SHARED_SEEDS, Settings
from orchestration.transform.model_files import ModelFile
from warehouse.sql import literal

# One column per table has such a role, so the role alone identifies it.
IDENTIFYING = frozenset({"event_time", "closed_time", "address", "latitude", "longitude", "zip", "race", "sex", "age", "geoid"})
SIMILAR = 0.85
# A delivery fits a source if it has every required column, and of all columns so many percent.
FITS_PCT = 60
# How a value is written is a matter of the delivery; what it is, of the shared contract.
WRITTEN = ("formats", "timezone", "thousands", "decimal", "currency", "null_tokens")
# Keys of the shared contract that hold for its own deliveries alone.
OF_ITS_DELIVERIES = ("period", "as_of", "tolerances", "footer", "ignore", "delivered_by", "expectations")
# A glob that no file has: the column exists for the models, and its cells are empty.
NOT_DELIVERED = "not delivered"
SEED = "source_successions"
# The call by which a fact unites sources over time: the staging model that it reads, and the fact.
UNITES = re.compile(r"rows_over_time\(\s*ref\('(\w+)'\),\s*'(\w+)'")
# What holds for the records of both: a measure has one threshold, and one place.
OF_BOTH = ("jurisdiction", "agreement")


@dataclass(frozen=True)
class Fit:
    """A shared source and how many of its columns a delivery has."""

    source: str
    found: int
    columns: int


def fitting_source(new_draft: Draft, contracts: Iterable[Contract]) -> Fit | None:
    """The shared source that a delivery fits best, or None."""
    fits = []
    for contract in contracts:
        found = _matches(contract.kept_columns, _delivered(new_draft))
        fit = Fit(contract.source, len(found), len(contract.kept_columns))
        is_whole = all(column.name in found for column in contract.kept_columns if column.required)
        if is_whole and fit.columns >= 4 and 100 * fit.found >= FITS_PCT * fit.columns:
            fits.append(fit)
    return max(fits, key=lambda fit: fit.found, default=None)


def mapped_to(new_draft: Draft, shared: Contract) -> Draft:
    """The draft with the columns of a shared contract in place of its own."""
    delivered = _delivered(new_draft)
    found = _matches(shared.columns, delivered)
    columns, questions = [], list(new_draft.questions)
    if shared.follow_up:
        questions.append("follow_up is that of the shared source: how long does this publisher follow a record?")
    for column in shared.columns:
        if column.name not in found and not column.is_kept:
            continue
        keys = column.model_dump(mode="json", by_alias=True, exclude_unset=True)
        match = found.get(column.name)
        if match is None:
            keys.pop("from", None)
            if column.required:
                questions.append(f"{column.name}: required, and no delivered column seems to be it; name it in from")
            elif column.name not in shared.deciding_columns:
                keys["files"] = NOT_DELIVERED
                questions.append(f"{column.name}: no delivered column seems to be it, so its cells are empty")
        else:
            # an amount without a sign is money, too: the currency decides the type
            keys = {key: value for key, value in keys.items() if key not in WRITTEN or key == "currency"} | {
                "from": match["from"]
            }
            if match["type"] == column.type:
                keys |= {key: match[key] for key in WRITTEN if key in match}
            elif column.type != "text":
                questions.append(f"{column.name}: reads as {match['type']} in this delivery, and the contract has {column.type}")
        columns.append(keys)
    used = {match["from"] for match in found.values()}
    ignored = [*new_draft.complete.get("ignore", ()), *(one["from"] for one in delivered if one["from"] not in used)]
    whole = shared.model_dump(mode="json", by_alias=True, exclude_unset=True)
    own = {key: new_draft.complete[key] for key in ("jurisdiction", "steward", "agreement", "platform", "connector", "format")}
    complete = {key: value for key, value in whole.items() if key not in OF_ITS_DELIVERIES} | own | {"columns": columns}
    complete |= {key: new_draft.complete[key] for key in ("footer", "delivered_by") if key in new_draft.complete}
    if ignored and all(isinstance(name, str) for name in ignored):
        complete["ignore"] = ignored
    answered = tuple(dict.fromkeys((*new_draft.answered, "statistical_unit")))
    return dataclasses.replace(new_draft, complete=complete, questions=tuple(questions), answered=answered)


def _delivered(new_draft: Draft) -> list[dict[str, Any]]:
    """The columns that the delivery has; the names of its files may give another one."""
    return [column for column in new_draft.complete["columns"] if "from" in column]


def _matches(wanted: Iterable[Column], delivered: list[dict[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The delivered column of each column of a contract: by name, else by a role that one column has, else by a similar name."""
    found: dict[str, Mapping[str, Any]] = {}
    free = {letters(str(column["from"])): column for column in delivered}

    def by_name(column: Column) -> str | None:
        return next((key for name in (*column.delivered_names, column.name) if (key := letters(str(name))) in free), None)

    def by_role(column: Column) -> str | None:
        same = [key for key, one in free.items() if one.get("role") == column.role]
        return same[0] if column.role in IDENTIFYING and len(same) == 1 else None

    def by_similarity(column: Column) -> str | None:
        best = max(free, key=lambda key: similarity(key, None, column.name), default="")
        return best if similarity(best, None, column.name) >= SIMILAR else None

    for find, column in product((by_name, by_role, by_similarity), wanted):
        if column.name not in found and (key := find(column)) is not None:
            found[column.name] = free.pop(key)
    return found


def predecessor(settings: Settings, folders: Folders, name: str) -> str | None:
    """The source that a source succeeds, by the rows of the home's city and of the layer; None if it succeeds none."""
    rows = seed_rows(SEED, SHARED_SEEDS, home_city(settings).layers)
    if folders.is_layer and folders.seed(SEED).is_file():
        rows += rows_of_seed(folders.seed(SEED))
    return next((row["source"] for row in rows if row["successor"] == name), None)


def succeeding(new_draft: Draft, name: str, earlier: Contract) -> Draft:
    """The draft with the columns of the source that it succeeds."""
    mapped = mapped_to(new_draft, earlier)
    whole = earlier.model_dump(mode="json", by_alias=True, exclude_unset=True)
    both = {key: whole[key] for key in OF_BOTH if key in whole}
    complete = mapped.complete | both | {"source": name, "department": name.partition("__")[0]}
    return dataclasses.replace(mapped, complete=complete, answered=tuple(dict.fromkeys((*mapped.answered, "agreement"))))


def generate_successor(contract: Contract, earlier: str, folders: Folders, models: dict[str, ModelFile]) -> Written:
    """Write the staging model of a successor: that of the earlier source, reading the new one; its rows join the fact."""
    staged = models.get(f"stg_{earlier}")
    united = {found[1]: found[2] for model in models.values() for found in UNITES.finditer(model.sql)}
    if staged is None or staged.name not in united:
        known = ", ".join(sorted(name.removeprefix("stg_") for name in united))
        raise DraftError(
            f"no fact unites {earlier} with its successors; facts unite {known}. Call rows_over_time in the fact of {earlier}"
        )
    plan = plan_models(contract)
    sql = staged.sql.replace(literal(earlier), literal(contract.source))
    keys = [key for key in ("addresses", "points") if staged.meta.get(key)]
    described = HEAD + render("successor.yml", plan=plan, fact=united[staged.name], keys=keys, columns=staged.columns)
    model = folders.staging(plan)
    texts = {model: sql, folders.described(model): described}
    return {path: write_model(path, text, renews=True) for path, text in texts.items()}
