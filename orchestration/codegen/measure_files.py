"""Write a new measure: its seed rows, counts model, description and unit test, into a city's layer or this repository.

`measure_model` defines what it counts, `missing_steps` lists what is left. See docs/add-a-measure.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.contract import Contract
from ingest.layers import appended_rows, rows_of_seed
from orchestration.codegen.folders import Folders
from orchestration.codegen.measure_model import Definition
from orchestration.codegen.render_template import render
from orchestration.settings import DBT_PROJECT, SHARED_SEEDS, ConfigurationError
from warehouse.files import write_atomically

COUNTS = Path("measures") / "counts"
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{2,59}")
NOT_RECORDED = "Not recorded"
# the reason of a plan row that publishes nothing; `measures todo` lists it
UNDECIDED = "Not decided yet"
NOT_YET = -1  # no count: the test of a skeleton fails until a person has written what they expect
PERSONS = ("person", "household")
# days after the end of a period until the public file has it
LAG_DAYS = "30"


@dataclass(frozen=True)
class Wording:
    """The texts and decisions of a measure, as the options of `levelground measures new` give them."""

    name: str
    question: str
    caveat: str
    direction: str = "none"
    legal_basis: str = NOT_RECORDED
    population_scheme: str = ""
    race_level: str = ""  # empty: not published yet


def seed_rows(measure: Definition, wording: Wording, contract: Contract) -> dict[str, list[dict[str, str]]]:
    """The rows of each seed that a measure needs."""
    of_persons = contract.statistical_unit in PERSONS or contract.agreement.classification == "confidential"
    text = render(
        "measure_rows.json",
        measure=measure,
        wording=wording,
        contract=contract,
        of_persons=of_persons,
        lag_days=LAG_DAYS,
        not_recorded=NOT_RECORDED,
        undecided=UNDECIDED,
    )
    rows: dict[str, list[dict[str, str]]] = json.loads(text)
    return rows


def write_measure(
    folders: Folders, measure: Definition, rows: Mapping[str, Sequence[Mapping[str, str]]], place_geoid: str
) -> tuple[Path, ...]:
    """Write all files of a measure, or none; return them. `ConfigurationError` for an id that is taken or no identifier."""
    if not IDENTIFIER.fullmatch(measure.measure_id):
        raise ConfigurationError(
            f"{measure.measure_id!r} is no id of a measure: lower case letters, digits and underscores, 3 to 60 characters"
        )
    model = folders.counts(measure.measure_id)
    seeds = dict.fromkeys((SHARED_SEEDS / "measure_registry.csv", folders.seed("measure_registry")))
    taken = any(row["measure_id"] == measure.measure_id for seed in seeds if seed.is_file() for row in rows_of_seed(seed))
    if taken or model.exists():
        raise ConfigurationError(
            f"there is a measure {measure.measure_id} already; `levelground measures todo` lists what it lacks"
        )
    texts = {
        folders.seed(name): appended_rows(folders.seed(name), SHARED_SEEDS / f"{name}.csv", new) for name, new in rows.items()
    }
    texts[model] = render("counts.sql", measure=measure)
    properties, tests = folders.described(model), folders.described(model, "unit_tests")
    columns = "columns: *counted" if folders.is_shared else f"columns:\n{_columns()}"
    described = f'  - name: {measure.model}\n    description: "{measure.numerator}."\n    {columns}\n'
    texts[properties] = _appended(properties, "models", described)
    unit_test = render("counts_unit_test.yml", measure=measure, place_geoid=place_geoid, not_yet=NOT_YET)
    texts[tests] = _appended(tests, "unit_tests", unit_test)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    return tuple(texts)


def about_lag(folders: Folders) -> str:
    """What the planned `lag_days` do, and where to change them."""
    return (
        f"the public file has a period from {LAG_DAYS} days after its end, the analyst file at once: set lag_days in "
        f"{folders.seed('publication_plan')} to the days that the source needs until a period is complete"
    )


def _appended(file: Path, key: str, entry: str) -> str:
    return (f"{file.read_text(encoding='utf-8').rstrip()}\n\n" if file.is_file() else f"version: 2\n\n{key}:\n") + entry


def _columns() -> str:
    """The columns of a counts model as the shared models describe them."""
    text = (DBT_PROJECT / "models" / COUNTS / "_counts__models.yml").read_text(encoding="utf-8")
    return "\n".join(line for line in text.partition("&counted\n")[2].partition("\n\n")[0].splitlines() if line.strip())
