"""List what a measure still lacks on its way to a published figure, from its files alone: no dbt, no run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.layers import rows_of_seed
from orchestration.codegen.measure_files import NOT_RECORDED, NOT_YET, UNDECIDED, MeasureFolders
from orchestration.codegen.missing_steps import Step
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from orchestration.translations.texts import LANGUAGES

TRUTH = Path("ingest") / "sample" / "truth" / "planted.py"


def todo_of_measure(measure_id: str, folders: Iterable[MeasureFolders]) -> list[Step]:
    """Everything that the measure lacks. `ConfigurationError` if no registry has it; a layer comes before the shared files."""
    own = next((each for each in folders if _rows(each.seed("measure_registry"), measure_id)), None)
    if own is None:
        raise ConfigurationError(f"no registry has the measure {measure_id!r}; `levelground measures new` writes one")
    return list(_steps(measure_id, own))


def _steps(measure_id: str, own: MeasureFolders) -> Iterator[Step]:
    (row, *_) = _rows(own.seed("measure_registry"), measure_id)
    registry = str(own.seed("measure_registry"))
    if not own.counts(measure_id).is_file():
        yield Step("model", "its counts model", str(own.counts(measure_id)))
    if not row["question"] or not row["caveat"]:
        yield Step("registry", "question and caveat", registry)
    yield from _unit_test(measure_id, own)
    yield from _decisions(measure_id, own)
    if row["legal_basis"] == NOT_RECORDED:
        yield Step("registry", "the legal basis", registry, False)
    yield from _texts(measure_id, own)
    if own.is_shared and f'"{measure_id}"' not in _planted():
        yield Step("sample", "a planted value in the sample city", f"{TRUTH}, tests/support/truth/")


def _unit_test(measure_id: str, own: MeasureFolders) -> Iterator[Step]:
    file = own.unit_tests(measure_id)
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    entries = [entry for entry in text.split("  - name: ") if f"model: int_{measure_id}__counts" in entry]
    if not entries:
        yield Step("unit test", "a unit test of its counts model", str(file))
    elif any(f": {NOT_YET}" in entry for entry in entries):
        yield Step("unit test", "the expected counts, without which it fails", str(file))


def _decisions(measure_id: str, own: MeasureFolders) -> Iterator[Step]:
    plan, scorecard = own.seed("publication_plan"), own.seed("scorecard_measures")
    if not (planned := _rows(plan, measure_id)):
        yield Step("plan", "rows of the publication plan, or one of race level none with the reason", str(plan))
    elif any(row["note"] == UNDECIDED for row in planned):
        yield Step("plan", "the decision whether it is published: the race level of its row is none", str(plan), False)
    if not (pages := _rows(scorecard, measure_id)):
        yield Step("scorecard", "the period that opens its page", str(scorecard))
    elif any(row["trend_note"] == UNDECIDED for row in pages):
        yield Step("scorecard", "the decision whether its periods compare (shows_trend)", str(scorecard), False)


def _texts(measure_id: str, own: MeasureFolders) -> Iterator[Step]:
    caveat = f"measure_caveat.{measure_id}"
    if not _rows(own.seed("texts_en"), caveat, "text_id"):
        yield Step("texts", f"the caveat for residents, {caveat}", str(own.seed("texts_en")))
    wanted = (f"measure.{measure_id}", f"measure_question.{measure_id}", caveat)
    for language, name in LANGUAGES.items():
        seeds = dict.fromkeys((own.seed(f"texts_{language}"), SHARED_SEEDS / f"texts_{language}.csv"))
        translated = {row["text_id"] for seed in seeds if seed.is_file() for row in rows_of_seed(seed)}
        if missing := [text_id for text_id in wanted if text_id not in translated]:
            remedy = f"`levelground translations export --language {language}`"
            yield Step("texts", f"{name}: {', '.join(missing)}", remedy, own.is_shared)


def _planted() -> str:
    file = Path(__file__).parents[2] / TRUTH
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _rows(seed: Path, value: str, column: str = "measure_id") -> list[dict[str, str]]:
    return [row for row in rows_of_seed(seed) if row[column] == value] if seed.is_file() else []
