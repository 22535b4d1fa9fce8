"""Write columns, their descriptions and the metrics of the datasets for Superset: `python -m tests.support.superset_datasets`.

Columns and descriptions are those of dbt. What a dataset's own SQL adds, names for people and types stay as they are written.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.pipeline.release import RELEASE_COLUMNS
from orchestration.settings import DBT_PROJECT
from tests.support.scorecard_release import MODELS

DATASETS = Path(__file__).parents[2] / "docs/connect/superset/scorecard/datasets/levelground_public"
# The models that describe the columns of a dataset; the columns of the first are all in it, if its SQL chooses none.
MODELS_OF = {
    "scorecard": ("published_scorecard",),
    "scorecard_main_periods": ("published_scorecard",),
    "measures": ("measures",),
    "goals": ("published_goals", "goal_progress", "measures"),
    "current_release": (),
}
CHOSEN = ("goals", "current_release")
FIGURES = ("scorecard", "scorecard_main_periods")
# A chart whose cell holds several rows shows nothing: figures do not add up, and a largest one would look like a figure.
ONE_ROW = "CASE WHEN COUNT(*) = 1 THEN MAX({}) END"
METRICS = (
    ("shown_value", "value", "Value", ",.1f"),
    ("shown_value_low", "ci_low", "Range from", ",.1f"),
    ("shown_value_high", "ci_high", "Range to", ",.1f"),
    ("shown_gap", "gap", "Gap", "+,.1f"),
    ("shown_gap_low", "gap_low", "Gap from", "+,.1f"),
    ("shown_gap_high", "gap_high", "Gap to", "+,.1f"),
    ("shown_ratio", "rate_ratio", "Ratio", ",.2f"),
    ("shown_ratio_low", "rate_ratio_ci_low", "Ratio from", ",.2f"),
    ("shown_ratio_high", "rate_ratio_ci_high", "Ratio to", ",.2f"),
)
ORDER = ("column_name", "type", "verbose_name", "description", "is_dttm")


def dataset(path: Path) -> str:
    """The file of a dataset with the columns and descriptions of now."""
    text = path.read_text(encoding="utf-8")
    known = yaml.safe_load(text)
    name = known["table_name"]
    written = {column["column_name"]: column for column in known["columns"]}
    described = described_columns(name)
    names = [*written] if name in CHOSEN else [*described, *(name for name in written if name not in described)]
    columns = [_column(name, written.get(name, {}), described.get(name)) for name in names]
    metrics = [{"metric_name": "count", "expression": "COUNT(*)", "verbose_name": "Number"}]
    if name in FIGURES:
        metrics += [_metric(*metric, described[metric[1]][1]) for metric in METRICS]
    head, _, rest = text.partition("metrics:\n")
    tail = rest[rest.index("\nuuid: ") + 1 :]
    return f"{head}{_yaml({'metrics': metrics, 'columns': columns})}{tail}"


def described_columns(name: str) -> dict[str, tuple[str, str]]:
    """Type and description of each column of a dataset that dbt or a release describes; of equal names the first."""
    if name == "current_release":
        return {column: (kind, text) for column, (kind, text) in RELEASE_COLUMNS.items()}
    found: dict[str, tuple[str, str]] = {}
    for model in MODELS_OF[name]:
        for column in _models()[model]["columns"]:
            found.setdefault(column["name"], (column["data_type"], _text(column["description"])))
    return found


def _column(name: str, written: dict[str, Any], described: tuple[str, str] | None) -> dict[str, Any]:
    found = {"column_name": name, **written}
    if described:
        found = {"type": described[0].upper(), **found, "description": described[1]}
        found |= {"is_dttm": True} if described[0] in ("date", "timestamp") else {}
    return {key: found[key] for key in ORDER if key in found}


def _metric(name: str, column: str, label: str, number: str, described: str) -> dict[str, str]:
    text = f"{described} Empty where several rows fall together: filter until a cell has one."
    return {
        "metric_name": name, "expression": ONE_ROW.format(column), "verbose_name": label, "description": text, "d3format": number,
    }  # fmt: skip


def _text(description: str) -> str:
    text = re.sub(r"\{\{ doc\('(\w+)'\) \}\}", lambda found: _docs()[found[1]], description)
    text = " ".join(text.split())
    return text if text.endswith(".") else f"{text}."


@cache
def _models() -> dict[str, dict[str, Any]]:
    models = yaml.load(MODELS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]
    return {model["name"]: model for model in models}


@cache
def _docs() -> dict[str, str]:
    pages = "".join(path.read_text(encoding="utf-8") for path in sorted((DBT_PROJECT / "models").glob("*.md")))
    return dict(re.findall(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", pages, re.DOTALL))


def _yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=130)


if __name__ == "__main__":
    for file in sorted(DATASETS.glob("*.yaml")):
        file.write_text(dataset(file), encoding="utf-8")
