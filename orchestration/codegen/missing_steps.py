"""List what a source or a measure still lacks on its way to a figure, from the files alone: no dbt, no run, no delivery.

Contract tests require that a source of this repository lacks nothing; `levelground sources todo` and `measures todo` print the
list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from expectations.marts.suites import Suite, read_suites
from ingest.contract import Contract
from ingest.contract.registry import ContractError, Registry, UnknownSource, read_contract
from ingest.contract.vocabularies import read_labels
from ingest.contract_draft import is_named
from ingest.layers import Layer, layered_seed, rows_of_seed, seed_rows
from orchestration.codegen.folders import Folders, find_contract
from orchestration.codegen.measure_files import NOT_RECORDED, NOT_YET, UNDECIDED
from orchestration.codegen.model_plan import PLACE_ROLES
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import PROJECT, SHARED_SEEDS, ConfigurationError, Settings
from orchestration.stewardship.audit_delivery import CROSSWALK
from orchestration.transform.macros.registrations import MODELS, missing_meta
from orchestration.transform.model_files import ModelFile, read_models
from orchestration.translations.texts import languages

# Places by size, as `jurisdiction` and the publication plan name them.
SIZES = ("city", "county", "state")
MARK = "# decide"
TRUTH = Path("ingest") / "sample" / "truth" / "planted.py"


@dataclass(frozen=True)
class Step:
    """Something that a source or a measure lacks: in which part, what, and the file or command that resolves it.

    `is_required`: without it there is no figure, or a wrong one; the other steps are decisions of the office.
    """

    part: str
    missing: str
    remedy: str
    is_required: bool = True


def steps_of_source(settings: Settings, name: str, folders: Folders) -> Iterator[Step]:
    """Every step of a source, in the order in which people take them. `UnknownSource` without a contract."""
    file = find_contract(settings, folders, name)
    if file is None:
        raise UnknownSource(name, home_registry(settings).names())
    decisions = list(open_decisions(file))
    try:
        contract = read_contract(file)
    except ContractError as error:
        if not any(step.is_required for step in decisions):
            yield from (Step("contract", f"{one.field}: {one.message}", f"{one.file}:{one.line}") for one in error.problems)
        yield from decisions
        return
    layers = home_city(settings).layers
    own = [] if folders.is_shared or folders.is_flat else [folders]
    models = read_models(dict.fromkeys((MODELS, *(each.folder / "models" for each in layers), *(one.models for one in own))))
    suites = read_suites(layered=dict.fromkeys((*(each.folder / "suites" for each in layers), *(one.suites for one in own))))
    yield from decisions
    yield from steps_of_contract(contract, layers)
    yield from steps_of_models(contract, models, {suite.table: suite for suite in suites})
    if folders.is_shared:
        from ingest.sample.sources import SOURCES as SAMPLED  # noqa: PLC0415 - only work on this repository needs the generator

        if name not in SAMPLED:
            missing = "the sample city does not deliver it, so no planted truth tests its figures"
            yield Step("sample", missing, "ingest/sample/sources.py")


def open_decisions(contract: Path) -> Iterator[Step]:
    """The marks that a draft left in a contract."""
    lines = contract.read_text(encoding="utf-8").splitlines()
    written = {line.partition(":")[0] for line in lines}
    for number, line in enumerate(lines, 1):
        text, mark, detail = line.partition(f"  {MARK}")
        if not mark:
            continue
        key, _, choices = text.strip("# ").partition(":")
        is_missing = "not asked" in detail and key not in written
        missing = f"{key}: not decided, {choices.strip()}" if is_missing else f"{key}: decide{detail}, then take the mark out"
        yield Step("contract", missing, f"{contract}:{number}", is_missing)


def steps_of_contract(contract: Contract, layers: Sequence[Layer] = ()) -> Iterator[Step]:
    """What the contract lacks for the mapping of its labels."""
    labels, shared = (read_labels(layered_seed(CROSSWALK, SHARED_SEEDS, each)) for each in (layers, ()))
    for name in dict.fromkeys(name for column in contract.columns for name in column.vocabulary_names()):
        if "" not in labels.get(name, ()):
            yield Step("labels", f"{name}: no row for the empty label", "race_ethnicity_crosswalk.csv")
        lost = len(shared.get(name, frozenset()) - labels.get(name, frozenset()))
        if lost:
            missing = f"{name}: the layer's seed replaces the shared one, and {lost} labels of the vocabulary are not in it"
            yield Step(
                "labels", missing, f"seeds/{CROSSWALK}.csv; write the rows of the city alone into seeds/rows", is_required=False
            )
    for role in PLACE_ROLES:
        same = [column.name for column in contract.kept_columns if column.role == role]
        if len(same) > 1:
            missing = f"{', '.join(same)}: all have the role {role}, so no record is geocoded by it; leave it to one of them"
            yield Step("places", missing, "the contract", is_required=False)
    mapped = {row["source"] for row in seed_rows("delivered_code_vintages", SHARED_SEEDS, layers)}
    if contract.source not in mapped and {"district"} == {c.role for c in contract.kept_columns} & {"district", "geometry"}:
        missing = "no map is named whose numbers the districts have, so no record has a place by them"
        yield Step("places", missing, "seeds/rows/delivered_code_vintages.csv", is_required=False)
    is_located = contract.format.crs or contract.format.kind in ("shapefile", "geojson")
    if {"x", "y"} <= {column.role for column in contract.kept_columns} and not is_located:
        missing = "x and y are no degrees, and no coordinate system is named, so no record is geocoded by them"
        yield Step("places", missing, "format: {crs: EPSG:…} in the contract; ask the steward for the code", is_required=False)
    is_dated = contract.event_column or contract.snapshot or contract.period or contract.as_of
    if not is_dated and not any(column.role in ("period", "geometry") for column in contract.kept_columns):
        missing = "no column dates its rows, so no figure of a year counts them"
        yield Step("dates", missing, "as_of and snapshot (a stock), or period, in the contract", is_required=False)
    has_labels = any(column.is_label for column in contract.columns)
    unread = [c.name for c in contract.kept_columns if is_named("race", c.name) and not c.is_label and c.type == "text"]
    if unread and not has_labels:
        missing = f"{', '.join(unread)}: no role race with a vocabulary that has a row per label, so no figure by race follows"
        yield Step("labels", missing, "the contract, and race_ethnicity_crosswalk")
    if has_labels and not contract.offered_labels():
        missing = "offered: the answers of the form; without them an absent group is not_collected, and none is zero"
        yield Step("labels", missing, "the race column of the contract")


def staging_of(contract: Contract, models: Mapping[str, ModelFile]) -> ModelFile | None:
    """The staging model that reads the landing table: the source's own, one of several sources of a form, or that of all maps."""
    own = models.get(f"stg_{contract.source}")
    reading = (m for m in models.values() if m.folder.startswith("staging") and f"'{contract.source}'" in m.sql)
    is_map = any(column.role == "geometry" for column in contract.columns)
    return own or next(reading, None) or (models.get("stg_city__boundaries") if is_map else None)


def steps_of_models(contract: Contract, models: Mapping[str, ModelFile], suites: Mapping[str, Suite]) -> Iterator[Step]:
    """What lacks from staging to the suite of each fact that reads it; `models` and `suites` of the city, by name."""
    command = f"levelground sources new {contract.source}"
    staging = staging_of(contract, models)
    if staging is None:
        yield Step("staging", "no model reads the source: it is landed only", command)
        return
    # the vocabulary is in the contract, for the gate, and in the staging model; the two must agree
    wanted = {name for column in contract.columns for name in column.vocabulary_names()}
    used = {name for name in contract.vocabulary.race if f"'{name}'" in staging.sql and "race_conformed" in staging.sql}
    if wanted != used and (staging.name == f"stg_{contract.source}" or not wanted < used):
        in_contract, in_sql = (", ".join(sorted(names)) or "no vocabulary" for names in (wanted, used))
        yield Step("staging", f"the contract names {in_contract}, {staging.name} {in_sql}", str(staging.path))
    addresses = [column.name for column in contract.kept_columns if column.role == "address"]
    if addresses and "address" not in staging.columns and staging.declared_in is not None:
        what = f"{staging.name} has no column address, of {', '.join(addresses)}: its records get no place"
        yield Step("places", what, f"{staging.path}: join the parts as address; addresses: true in {staging.declared_in}")
    readers = [model for model in models.values() if f"ref('{staging.name}')" in model.sql]
    united = [models[model.meta["fact"]] for model in (staging, *readers) if model.meta.get("fact") in models]
    # maps reach dim_geography by macros
    if not readers and not united and not any(column.type == "geometry" for column in contract.columns):
        yield Step("fact", f"no model reads {staging.name}", command)
    facts = [*(model for model in readers if model.folder.startswith("marts/facts")), *united]
    lacking = missing_meta({model.name: model for model in (staging, *facts)})
    for model in (staging, *facts):
        yield from _steps_of_description(model, lacking.get(model.name, ()))
    measures = [model.sql for model in models.values() if model.folder.startswith("measures")]
    for fact in facts:
        if fact.name not in suites:
            yield Step("suite", f"{fact.name} has no suite", f"expectations/suites/{fact.name}.yml, or the layer's suites")
        if untyped := [name for name, column in fact.columns.items() if not column.get("data_type")]:
            yield Step("columns", f"{fact.name}: no data_type for {', '.join(untyped)}", str(fact.declared_in))
        if not any(f"ref('{fact.name}')" in sql for sql in measures):
            remedy = f"levelground measures new ID --fact {fact.name}"
            yield Step("measures", f"no measure reads {fact.name}", remedy, is_required=False)


def _steps_of_description(model: ModelFile, lacking: Iterable[str]) -> Iterator[Step]:
    file = str(model.declared_in or model.path.parent / f"_{model.path.parent.name}__models.yml")
    silent = [name for name, column in model.columns.items() if not column.get("description")]
    if model.declared_in is None:
        yield Step("columns", f"{model.name} has no entry", file)
    elif silent or not model.description or not model.columns:
        what = ", ".join(silent) or ("the model" if not model.description else "its columns")
        yield Step("columns", f"{model.name}: no description of {what}", file)
    if lacking:
        yield Step("registrations", f"{model.name}: config.meta lacks {', '.join(lacking)}", file)


def steps_of_measure(measure_id: str, folders: Folders, contracts: Registry | None = None) -> list[Step]:
    """Every step of a measure. `ConfigurationError` if no registry has it; a layer may have but the next version of a shared one.

    `contracts`: of the city, to compare the places of the plan with the one that the records cover.
    """
    own = next((each for each in (Folders.shared(), folders) if _rows(each.seed("measure_registry"), measure_id)), None)
    if own is None:
        raise ConfigurationError(f"no registry has the measure {measure_id!r}; `levelground measures new` writes one")
    registry, plan, scorecard, texts_en = map(
        own.seed, ("measure_registry", "publication_plan", "scorecard_measures", "texts_en")
    )
    (row, *_), planned, pages = (_rows(seed, measure_id) for seed in (registry, plan, scorecard))
    model, caveat = own.counts(measure_id), f"measure_caveat.{measure_id}"
    tests = own.described(model, "unit_tests")
    written = tests.read_text(encoding="utf-8").split("  - name: ") if tests.is_file() else []
    entries = [entry for entry in written if f"model: {model.stem}" in entry]
    is_planted = not own.is_shared or f'"{measure_id}"' in (PROJECT / TRUTH).read_text(encoding="utf-8")
    steps = [
        (not model.is_file(), Step("model", "its counts model", str(model))),
        (not row["question"] or not row["caveat"], Step("registry", "question and caveat", str(registry))),
        (not entries, Step("unit test", "a unit test of its counts model", str(tests))),
        (
            any(f": {NOT_YET}" in entry for entry in entries),
            Step("unit test", "the expected counts, without which it fails", str(tests)),
        ),
        (not planned, Step("plan", "rows of the publication plan, or one of race level none with the reason", str(plan))),
        (
            any(each["note"] == UNDECIDED for each in planned),
            Step("plan", "the decision whether it is published: the race level of its row is none", str(plan), is_required=False),
        ),
        *((True, Step("plan", missing, str(plan))) for missing in _places_beyond(row["source"], planned, contracts)),
        (not pages, Step("scorecard", "the period that opens its page", str(scorecard))),
        (
            any(each["trend_note"] == UNDECIDED for each in pages),
            Step("scorecard", "the decision whether its periods compare (shows_trend)", str(scorecard), is_required=False),
        ),
        (row["legal_basis"] == NOT_RECORDED, Step("registry", "the legal basis", str(registry), is_required=False)),
        (not _rows(texts_en, caveat, "text_id"), Step("texts", f"the caveat for residents, {caveat}", str(texts_en))),
    ]
    return [
        *(step for is_missing, step in steps if is_missing),
        *_missing_translations(own, (f"measure.{measure_id}", f"measure_question.{measure_id}", caveat)),
        *(() if is_planted else [Step("sample", "a planted value in the sample city", f"{TRUTH}, tests/support/truth/")]),
    ]


def _places_beyond(source: str, planned: Iterable[Mapping[str, str]], contracts: Registry | None) -> Iterator[str]:
    """The places that a plan publishes and that the records cannot cover: a city's records give no figure of its county."""
    if contracts is None or source not in contracts:
        return
    covered = contracts[source].jurisdiction
    reach = SIZES.index(covered) if covered in SIZES else {7: 0, 5: 1, 2: 2}[len(covered)]
    for place in sorted({row["geography_type"] for row in planned} & set(SIZES[reach + 1 :])):
        where = f"the records of {source} cover a {SIZES[reach]} (jurisdiction: {covered})"
        yield f"it publishes a {place}, and {where}; correct one of them"


def _missing_translations(own: Folders, wanted: Sequence[str]) -> Iterator[Step]:
    for language, name in languages().items():
        seeds = dict.fromkeys((own.seed(f"texts_{language}"), SHARED_SEEDS / f"texts_{language}.csv"))
        translated = {row["text_id"] for seed in seeds if seed.is_file() for row in rows_of_seed(seed)}
        if missing := [text_id for text_id in wanted if text_id not in translated]:
            remedy = f"`levelground translations export --language {language}`"
            yield Step("texts", f"{name}: {', '.join(missing)}", remedy, own.is_shared)


def _rows(seed: Path, value: str, column: str = "measure_id") -> list[dict[str, str]]:
    return [row for row in rows_of_seed(seed) if row[column] == value] if seed.is_file() else []
