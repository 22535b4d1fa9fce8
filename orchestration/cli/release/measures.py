"""Provide `levelground measures`: list the measures of the current release, show what one means, or write the files of a new one.

See `orchestration.codegen` for the files of a measure, docs/add-a-measure.md for the steps.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from ingest.city import City, city_registry, read_layer_city
from ingest.layers import CITY_FILE, rows_of_seed
from ingest.layers import Layer as CityLayer
from orchestration.cli.display import Table, err, out, print_json, print_rows
from orchestration.cli.new_source import Layer, Shared, print_todo
from orchestration.cli.options import AsJson, Measure, Public, examples
from orchestration.cli.release.chosen_file import CannotShow
from orchestration.cli.release.reader import open_release
from orchestration.cli.release.show import print_selection, select_by_race
from orchestration.codegen.folders import Folders, choose_folders, refuse_installed, shared_folders
from orchestration.codegen.measure_files import NewMeasure, about_lag, check_conditions, find_fact, write_measure
from orchestration.codegen.missing_steps import steps_of_measure
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import ConfigurationError, Settings
from orchestration.transform.macros.registrations import MODELS
from orchestration.transform.model_files import ModelFile, read_models
from warehouse.printable import did_you_mean

app = typer.Typer(no_args_is_help=True, help="List the measures of the current release, show one, or write a new one.")
NEW = examples(
    'levelground measures new court_dismissed_share --fact fct_court_cases --name "Cases dismissed" --question "How many '
    'cases are dismissed?" --caveat "Many cases never come to court." --numerator "Cases dismissed" --counted '
    '"finding_code = \'dismissed\'" --denominator "Cases with a finding"'
)
Id = Annotated[str, typer.Argument(help="The id of the measure, such as visits_late_share.")]

_FACTS = {
    "question": "question", "definition": "definition", "numerator": "counted", "denominator": "out of", "kind": "kind",
    "unit": "unit", "favourable_direction": "better is", "policy_area": "policy area", "source": "source", "owner": "owner",
    "former_owners": "owned before by",
    "reference_rule": "compared with", "age_universe": "ages", "places": "places", "measure_version": "version",
    "series_break_on": "series break", "series_break_note": "what changed", "legal_basis": "legal basis",
}  # fmt: skip


@app.command(epilog=NEW)
def new(
    measure: Id,
    fact: Annotated[str, typer.Option(help="The fact whose rows it counts, such as fct_court_cases.")],
    name: Annotated[str, typer.Option(help="Its name for readers.")],
    question: Annotated[str, typer.Option(help="The question that it answers, in plain words.")],
    caveat: Annotated[str, typer.Option(help="What a resident must know of it, in plain words.")],
    numerator: Annotated[str, typer.Option(help="What is counted, in words.")],
    kind: Annotated[
        Literal["proportion", "composition", "rate", "count"],
        typer.Option(help="A share, a composition by race, a rate of residents, or a count."),
    ] = "proportion",
    denominator: Annotated[str, typer.Option(help="Out of what, in words.")] = "",
    counted: Annotated[str | None, typer.Option(help="SQL condition over a row of the fact: it counts in the numerator.")] = None,
    among: Annotated[str | None, typer.Option(help="SQL condition: the rows that the measure is about; default: all.")] = None,
    direction: Annotated[Literal["higher", "lower", "none"], typer.Option(help="Which values are better.")] = "none",
    publish: Annotated[
        str, typer.Option(help="A race level of publication_race_levels, such as total_only; default: not published yet.")
    ] = "",
    population: Annotated[str, typer.Option(help="Of a rate: a population of population_bases.")] = "residents",
    source: Annotated[str | None, typer.Option(help="The source of the numerator, if several reach the fact.")] = None,
    layer: Layer = None,
    shared: Shared = False,
) -> None:
    """Write a new measure: registry row, counts model, plan row, texts and the skeleton of a unit test.

    Prints the files and what is left to decide. `levelground try SOURCE` builds it.
    """
    settings = Settings.from_environment()
    folders = _folders(settings, layer, shared)
    refuse_installed(folders.models)
    if kind == "proportion" and not (counted and denominator):
        raise ConfigurationError("a proportion needs --counted (SQL of the numerator) and --denominator (its words)")
    city = city_of_layer(settings, layer)
    models = read_models(dict.fromkeys((MODELS, *(each.folder / "models" for each in city.layers), folders.models)))
    found = find_fact(fact, models, kind)
    check_conditions(found, {"--counted": counted, "--among": among})
    registry = city_registry(city, None, settings.further_sources)
    contract = registry[source or _source_of(found, models)]
    levels = {row["race_level"] for row in rows_of_seed(Folders.shared().seed("publication_race_levels"))}
    if publish and publish not in levels:
        raise ConfigurationError(
            f"no race level is called {publish!r}. {did_you_mean(publish, levels)}Known: {', '.join(sorted(levels))}"
        )
    described = NewMeasure(
        measure, kind, found, contract, name, question, caveat, numerator, denominator, counted, among, direction=direction,
        population=population, race_level=publish,
    )  # fmt: skip
    for path in write_measure(folders, described, city.place_geoid):
        out.print(f"written: {path}".replace(f"{Path.cwd()}/", ""))
    print_todo(measure, steps_of_measure(measure, folders, registry))
    err.print(about_lag(folders))
    err.print(f"`levelground try {contract.source}` builds it on a copy of the home")


@app.command(epilog=examples("levelground measures todo stops_searched_share"))
def todo(measure: Id, layer: Layer = None, shared: Shared = False, json: AsJson = False) -> None:
    """List what a measure lacks on its way to a published figure, each with the file or command that resolves it."""
    settings = Settings.from_environment()
    steps = steps_of_measure(measure, _folders(settings, layer, shared), home_registry(settings))
    print_todo(measure, steps, as_json=json)


@app.command("list", epilog=examples("levelground measures list --area health --public"))
def list_(
    area: Annotated[str | None, typer.Option(help="Only those of a policy area.")] = None,
    public: Public = False,
    json: AsJson = False,
) -> None:
    """List the measures of the current release by policy area."""
    found = open_release(Settings.from_environment().home, public=public).measures()
    areas = sorted({measure["policy_area"] for measure in found})
    if area is not None and area not in areas:
        raise CannotShow(f"no measure is of the policy area {area!r}; there are {', '.join(areas)}")
    names = ("measure_id", "name", "policy_area", "unit", "kind", "source", "favourable_direction")
    rows = [{name: measure[name] for name in names} for measure in found if area in (None, measure["policy_area"])]
    print_rows(
        rows,
        {"policy_area": "policy area", "measure_id": "measure", "name": "name", "unit": "unit"},
        json=json,
        spare=["policy area", "unit"],
    )


@app.command("show", epilog=examples("levelground measures show stops_searched_share"))
def show_measure(measure: Measure, public: Public = False, json: AsJson = False) -> None:
    """Show a measure: its definition and caveats, its latest values, and a query to start from.

    Exit codes: 0 shown, 1 nothing is published, 2 no such measure.
    """
    home = Settings.from_environment().home
    release = open_release(home, public=public)
    found = release.measure(measure)
    sql = (
        "select period, place, group_name, round(value, 1) as value, round(ci_low, 1) as ci_low, round(ci_high, 1) as ci_high, "
        f"status_text from {release.scorecard} where measure_id = '{found['measure_id']}' "
        "and is_latest order by geography_type, place, group_order"
    )
    if json:
        print_json(found | {"example_query": sql})
        return
    facts = [(label, str(found[name])) for name, label in _FACTS.items() if found.get(name) is not None]
    out.print(Table(None, (found["measure_id"], found["name"]), facts))
    out.print("\nLatest values\n")
    try:
        selection = select_by_race(release, measure, None, None)
    except CannotShow as none:
        out.print(f"none: {none}")
        if found["caveat"]:
            out.print(f"\n{found['caveat']}")
    else:
        print_selection(home, found, selection, public=public)
    option = " --public" if public else ""
    out.print(f'\nAn example query\n\nlevelground query{option} "{sql}"')


def _folders(settings: Settings, layer: Path | None, shared: bool) -> Folders:
    """The folders that the options name, else the layer of LEVELGROUND_CITY, else this repository."""
    chosen = choose_folders(settings, None, layer, shared)
    return shared_folders() if chosen.is_flat else chosen


def city_of_layer(settings: Settings, layer: Path | None) -> City:
    """The city of a layer, else that of the home."""
    if layer is not None and (layer / CITY_FILE).is_file():
        return read_layer_city(CityLayer(layer.name, layer.expanduser().absolute()))
    return home_city(settings)


def _source_of(fact: ModelFile, models: dict[str, ModelFile]) -> str:
    """The source that the staging models of a fact read."""
    united = [model for model in models.values() if model.meta.get("fact") == fact.name]
    staged = {name for model in (fact, *united) for name in re.findall(r"ref\('(stg_\w+)'\)", model.sql) if name in models}
    read = "\n".join(models[name].sql for name in (*staged, *(model.name for model in united)))
    sources: list[str] = sorted(set(re.findall(r"source\('landing', *'(\w+)'\)", read)))
    if len(sources) != 1:
        known = f": {', '.join(sources)}" if sources else ""
        raise ConfigurationError(f"{fact.name} has rows of several sources, or of none that its SQL names; add --source{known}")
    return sources[0]
