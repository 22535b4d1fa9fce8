"""Read and write the texts of a language: seeds of the dbt project.

English is where a code is defined (`DEFINED`) or in `texts_en`. `dim_text` reads the same seeds in SQL.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.layers import ROWS
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.files import write_atomically

SEEDS = SHARED_SEEDS
LANGUAGES = {"es": "Spanish", "hmn": "Hmong (mww)"}
STATUSES = ("machine", "reviewed")
COLUMNS = ("text_id", "text", "review_status", "reviewed_by", "reviewed_on")
# Subjects of texts whose English is where the code is defined: seed, column of the code, column of the English text.
DEFINED = (
    ("race_ethnicity", "race_ethnicity", "race_ethnicity_code", "label"),
    ("measure", "measure_registry", "measure_id", "name"),
    ("measure_question", "measure_registry", "measure_id", "question"),
    ("department", "departments", "department", "name"),
    ("goal", "goals", "goal_id", "title"),
)
STRATA = ("engagement_theme", "engagement_answer", "declined_reason")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Text:
    """A translated text and its review."""

    text_id: str
    text: str
    review_status: str = "machine"
    reviewed_by: str = ""
    reviewed_on: str = ""


def english_texts(seeds: Path = SEEDS) -> dict[str, str]:
    """The English text of each text_id, in the order of the seeds. Of a measure with several versions the newest counts."""
    found: dict[str, str] = {}
    for subject, seed, code, text in DEFINED:
        found.update((f"{subject}.{row[code]}", row[text]) for row in _rows(_file(seeds, seed)))
    found.update(
        (f"{row['stratum_type']}.{row['stratum_code']}", row["label"])
        for row in _rows(_file(seeds, "strata"))
        if row["stratum_type"] in STRATA
    )
    found.update((row["text_id"], row["text"]) for row in _rows(_file(seeds, "texts_en")))
    return found


def read_texts(language: str, seeds: Path = SEEDS) -> dict[str, Text]:
    """The translated texts of a language."""
    return {row["text_id"]: Text(**{name: row[name] for name in COLUMNS}) for row in _rows(_seed(language, seeds))}


def write_texts(language: str, texts: Mapping[str, Text], seeds: Path = SEEDS) -> None:
    """Replace the seed of a language, in the order of the English texts."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for text_id in english_texts(seeds):
        if text_id in texts:
            writer.writerow([getattr(texts[text_id], name) for name in COLUMNS])
    write_atomically(_seed(language, seeds), written.getvalue())


def placeholders(text: str) -> list[str]:
    """The words in braces, sorted: a translation has the same."""
    return sorted(_PLACEHOLDER.findall(text))


def coverage(language: str, seeds: Path = SEEDS) -> dict[str, int]:
    """Numbers of texts: all, translated, reviewed, and missing."""
    english, translated = english_texts(seeds), read_texts(language, seeds)
    present = [translated[text_id] for text_id in english if text_id in translated]
    reviewed = sum(text.review_status == "reviewed" for text in present)
    return {"texts": len(english), "translated": len(present), "reviewed": reviewed, "missing": len(english) - len(present)}


def _seed(language: str, seeds: Path) -> Path:
    if language not in LANGUAGES:
        raise ConfigurationError(f"there are no translations into {language!r}; choose one of {', '.join(LANGUAGES)}")
    return _file(seeds, f"texts_{language}")


def _file(seeds: Path, name: str) -> Path:
    """The file of a seed: in a city's layer, the rows that it adds."""
    added = seeds / ROWS / f"{name}.csv"
    return added if added.is_file() else seeds / f"{name}.csv"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a seed; none if the folder, which may be that of a city's layer, does not have it."""
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
