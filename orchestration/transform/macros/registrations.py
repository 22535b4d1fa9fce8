"""Write the lists of models that macros read, and the exposures, from the models' own files.

dbt resolves the `ref` of a model before it has read the other models: a union cannot find its inputs by `graph` or `meta`. This
module reads the `meta` of each model first and writes the names into macros of the home's dbt project. A new model needs no
edit of a list. The keys, under `config: {meta: …}` in the YAML next to a model:

- `race` (facts): a list of `{column, people}`. `column` is the contract's column with the label, `people` SQL of the people in a
  row. A further label (a write-in) names its own columns `reported` and `code`, and adds no people.
- `geocoded` (facts): `{address, zip_code}`, SQL of the fact's columns that contain an address or a ZIP code; `{}` without.
- `counts_of_places` (facts): the rows are counts of a place or name their neighborhood, so no address is lost.
- `dated` (facts): the days of its rows show which months, quarters and years the source covers.
- `event_time` (facts): the column with the time of events that happen at any hour; gaps in it are found.
- `repeats_race` (facts): its rows repeat the race of a person in another fact, where it is counted.
- `is_stock` (facts): the fact keeps snapshots, and only the latest counts.
- `fact` (staging, intermediate): the shared fact that unites the rows of this model with those of others, as `rows_of_fact` does.
- `addresses`, `points` (staging): its columns `address`, or `longitude` and `latitude`, are geocoded.

The languages with texts are those that have a seed `texts_<language>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ingest.contract.yaml_source import read_yaml
from orchestration.settings import DBT_PROJECT
from orchestration.transform.dbt_sources import write_if_changed
from orchestration.transform.model_files import ModelFile, read_models

MODELS = DBT_PROJECT / "models"
# who reads the released tables; `meta.folders` names folders whose models each reads
EXPOSURES = DBT_PROJECT / "exposures.yml"
MACROS, EXPOSED = Path("registrations") / "registrations.sql", Path("generated") / "_exposures.yml"
COUNTS = "__counts"
SEEDS, TEXTS = Path("seeds") / "reference", "texts_"
# the key of a staging model, by the argument of place_conformed that geocodes its column
GEOCODES = {"addresses": "address", "points": "longitude"}
_HEAD = "{# From the meta of the models (transform/macros/registrations.py). Levelground writes this file: do not edit. #}\n"


def write_registrations(project: Path, roots: Sequence[Path] = (MODELS,), seeds: Path = DBT_PROJECT / SEEDS) -> None:
    """Write both files into the dbt project of a home, only what differs. `roots`: the folders of models that it builds."""
    models = read_models(roots)
    lists = {**registered(models), "translations": translations(seeds)}
    write_if_changed(project / MACROS, _HEAD + "\n".join(macro(name, map(_jinja, values)) for name, values in lists.items()))
    write_if_changed(project / EXPOSED, _exposures(models))


def registered(models: Mapping[str, ModelFile]) -> dict[str, list[Any]]:
    """The entries of each list, by the name of its macro."""
    ordered = [models[name] for name in sorted(models)]
    facts = [model for model in ordered if model.folder.startswith("marts/facts")]
    staging = [model for model in ordered if model.folder.startswith("staging")]
    return {
        "facts_with_race": [
            {"fact": fact.name, **_stock(fact), "people": None, **labels}
            for fact in facts
            for labels in fact.meta.get("race", ())
        ],
        "facts_with_place": [
            {"fact": fact.name, **_stock(fact), **(fact.meta["geocoded"] or {})} for fact in facts if "geocoded" in fact.meta
        ],
        "facts_of_places": [fact.name for fact in facts if fact.meta.get("counts_of_places")],
        "facts_with_dates": [fact.name for fact in facts if fact.meta.get("dated")],
        "facts_with_times": [{"fact": f.name, "column": f.meta["event_time"]} for f in facts if "event_time" in f.meta],
        "models_of_facts": [{"fact": model.meta["fact"], "model": model.name} for model in ordered if "fact" in model.meta],
        "sources_with_addresses": [model.name for model in staging if model.meta.get("addresses")],
        "sources_with_points": [model.name for model in staging if model.meta.get("points")],
        "counts_models": [m.name for m in ordered if m.folder == "measures/counts" and m.name.endswith(COUNTS)],
    }


def translations(seeds: Path) -> list[str]:
    """The languages that have a seed of texts, but English, in the order of their codes."""
    return sorted({path.stem.removeprefix(TEXTS) for path in seeds.glob(f"{TEXTS}*.csv")} - {"en"})


def _stock(fact: ModelFile) -> dict[str, bool]:
    return {"is_stock": True} if fact.meta.get("is_stock") else {}


def macro(name: str, values: Iterable[str]) -> str:
    """The text of a macro that returns a list of literals."""
    lines = "".join(f"        {value},\n" for value in values)
    return f"{{% macro {name}() -%}}\n    {{{{ return([\n{lines}    ]) }}}}\n{{%- endmacro %}}\n"


def _jinja(value: Any) -> str:
    """A value as a Jinja literal: JSON, but for the word of an empty value."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_jinja(cell)}" for key, cell in value.items()) + "}"
    return "none" if value is None else json.dumps(value)


def _exposures(models: Mapping[str, ModelFile]) -> str:
    exposures = read_yaml(EXPOSURES).data["exposures"]
    for exposure in exposures:
        folders = tuple(f"{folder}/" for folder in exposure.pop("meta", {}).get("folders", ()))
        if folders:
            names = sorted(model.name for model in models.values() if f"{model.folder}/".startswith(folders))
            exposure["depends_on"] = [f"ref('{name}')" for name in names]
    return yaml.safe_dump({"version": 2, "exposures": exposures}, sort_keys=False, allow_unicode=True, width=120)


def missing_meta(models: Mapping[str, ModelFile]) -> dict[str, tuple[str, ...]]:
    """The keys of `meta` that the columns and SQL of a model require and that it lacks, by model."""
    wanted: dict[str, set[str]] = {}
    for model in models.values():
        if model.folder.startswith("marts/facts"):
            required = {
                "race": "race_ethnicity_reported" in model.columns and not model.meta.get("repeats_race"),
                "geocoded": "{{ place_columns() }}" in model.sql and not model.meta.get("counts_of_places"),
                "counts_of_places": model.name.endswith("_by_tract"),
                "is_stock": "is_latest_snapshot" in model.columns and bool({"race", "geocoded"} & set(model.meta)),
            }
            wanted.setdefault(model.name, set()).update(key for key, is_required in required.items() if is_required)
        geocodes = {key for key, argument in GEOCODES.items() if re.search(rf"place_conformed\([^)]*\b{argument}=", model.sql)}
        for staged in re.findall(r"ref\('(stg_\w+)'\)", model.sql) if geocodes else ():
            if staged in models:
                geocoded = {key for key in geocodes if GEOCODES[key] in models[staged].columns}
                wanted.setdefault(staged, set()).update(geocoded)
    lacking = {name: tuple(sorted(keys - set(models[name].meta))) for name, keys in wanted.items()}
    return {name: keys for name, keys in sorted(lacking.items()) if keys}
