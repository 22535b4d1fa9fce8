"""Read and write the texts of a language: seeds of the dbt project.

English is where a code is defined (`DEFINED`) or in `texts_en`. `dim_text` reads the same seeds in SQL.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.layers import ROWS, TEXTS, Layer, seed_rows
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.files import write_atomically
from warehouse.printable import did_you_mean

SEEDS = SHARED_SEEDS
ORIGINAL = "en"
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
BETWEEN_REVIEWERS = "; "
_TESTS = """\
version: 2

seeds:
  - name: texts_{code}
    description: "{label} texts, by the text_id of the English one. A missing row is shown in English."
    config:
      meta: {{key: [text_id]}}
      column_types: {{text_id: varchar, text: varchar, review_status: varchar, reviewed_by: varchar, reviewed_on: date}}
    data_tests:
      - valid_rows:
          name: texts_{code}__has_valid_rows
          arguments:
            keys: [[text_id]]
            never_empty: [text_id, text]
            words: {{review_status: [none, machine, reviewed]}}
"""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Text:
    """A translated text and its review."""

    text_id: str
    text: str
    review_status: str = "machine"
    reviewed_by: str = ""
    reviewed_on: str = ""


def languages(seeds: Path = SEEDS) -> dict[str, str]:
    """The languages that have a seed of texts, but English, with their names in English."""
    named = {row["language_code"]: row for folder in (SEEDS, seeds) for row in _rows(_file(folder, "languages"))}
    files = [path for folder in (SEEDS, seeds, seeds / ROWS) for path in folder.glob(f"{TEXTS}*.csv")]
    codes = sorted({path.stem.removeprefix(TEXTS) for path in files} - {ORIGINAL})
    return {code: named[code]["label"] if code in named else code for code in codes}


def add_language(code: str, seeds: Path = SEEDS) -> Path:
    """Begin the texts of a further language, and return their seed. `ConfigurationError` if it is unknown or begun."""
    known = {row["language_code"]: row["label"] for folder in (SEEDS, seeds) for row in _rows(_file(folder, "languages"))}
    if code not in known:
        raise ConfigurationError(
            f"languages.csv has no language {code!r}. {did_you_mean(code, known)}Add its row there (in a city's layer: to "
            f"seeds/{ROWS}/languages.csv), with its own name and direction; known: {', '.join(known)}"
        )
    if code in {ORIGINAL, *languages(seeds)}:
        raise ConfigurationError(f"there are texts in {known[code]} already; `levelground translations export --language {code}`")
    if not seeds.parent.is_dir():
        raise ConfigurationError(f"there is no folder {seeds.parent}; name the seeds of a city's layer: --seeds LAYER/seeds")
    seeds.mkdir(exist_ok=True)
    path = seeds / f"{TEXTS}{code}.csv"
    write_atomically(seeds / f"_{TEXTS}{code}.yml", _TESTS.format(code=code, label=known[code]))
    write_atomically(path, f"{','.join(COLUMNS)}\n")
    return path


def english_texts(seeds: Path = SEEDS, language: str | None = None) -> dict[str, str]:
    """The English text of each text_id, in the order of the seeds. Of a measure with several versions the newest counts.

    Of a city's layer those that it adds; for a `language` that only the layer has, all.
    """
    is_of_layer = language is not None and seeds != SEEDS and not _file(SEEDS, f"{TEXTS}{language}").is_file()
    found: dict[str, str] = english_texts() if is_of_layer else {}
    for subject, seed, code, text in DEFINED:
        found.update((f"{subject}.{row[code]}", row[text]) for row in _rows(_file(seeds, seed)))
    found.update(
        (f"{row['stratum_type']}.{row['stratum_code']}", row["label"])
        for row in _rows(_file(seeds, "strata"))
        if row["stratum_type"] in STRATA
    )
    found.update((row["text_id"], row["text"]) for row in _rows(_file(seeds, "texts_en")))
    return found


def texts_of_seeds(layers: Sequence[Layer]) -> Iterator[tuple[str, str, str, str]]:
    """Every text of the seeds as the layers leave them: text_id, language, text and review status, as in `dim_text`."""
    for subject, seed, code, text in DEFINED:
        for row in seed_rows(seed, SEEDS, layers):
            yield f"{subject}.{row[code]}", ORIGINAL, row[text], "none"
    own = {name for layer in layers for name in layer.seeds() if name.startswith(TEXTS)}
    for name in sorted(own | {path.stem for path in SEEDS.glob(f"{TEXTS}*.csv")}):
        for row in seed_rows(name, SEEDS, layers):
            yield row["text_id"], name.removeprefix(TEXTS), row["text"], row["review_status"]


def read_texts(language: str, seeds: Path = SEEDS) -> dict[str, Text]:
    """The translated texts of a language."""
    return {row["text_id"]: Text(**{name: row[name] for name in COLUMNS}) for row in _rows(_seed(language, seeds))}


def write_texts(language: str, texts: Mapping[str, Text], seeds: Path = SEEDS) -> None:
    """Replace the seed of a language, in the order of the English texts."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for text_id in english_texts(seeds, language):
        if text_id in texts:
            writer.writerow([getattr(texts[text_id], name) for name in COLUMNS])
    write_atomically(_seed(language, seeds), written.getvalue())


def placeholders(text: str) -> list[str]:
    """The words in braces, sorted: a translation has the same."""
    return sorted(_PLACEHOLDER.findall(text))


def coverage(language: str, seeds: Path = SEEDS) -> dict[str, int]:
    """Numbers of texts: all, translated, reviewed, and missing."""
    english, translated = english_texts(seeds, language), read_texts(language, seeds)
    present = [translated[text_id] for text_id in english if text_id in translated]
    reviewed = sum(text.review_status == "reviewed" for text in present)
    return {"texts": len(english), "translated": len(present), "reviewed": reviewed, "missing": len(english) - len(present)}


def _seed(language: str, seeds: Path) -> Path:
    if language not in (known := languages(seeds)):
        raise ConfigurationError(
            f"there are no translations into {language!r}; choose one of {', '.join(known)}, or begin one: "
            f"`levelground translations add {language}`"
        )
    return _file(seeds, f"{TEXTS}{language}")


def _file(seeds: Path, name: str) -> Path:
    """The file of a seed: in a city's layer, the rows that it adds."""
    added = seeds / ROWS / f"{name}.csv"
    return added if added.is_file() else seeds / f"{name}.csv"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a seed; none if the folder, which may be that of a city's layer, does not have it."""
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
