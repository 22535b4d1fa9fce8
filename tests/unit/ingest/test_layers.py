"""A layer adds to the shared contracts, seeds and models, and replaces those of the same name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingest.city import city_registry, read_city, read_layer_city
from ingest.contract.registry import SOURCES, ContractError, load_registry, read_contract
from ingest.contract.vocabularies import CROSSWALK
from ingest.contract.words import PLACES
from ingest.layers import (
    CITIES,
    STATES,
    Layer,
    LayerError,
    RowChanges,
    city_layer,
    layer_names,
    layered_seed,
    row_changes,
    seed_key,
    seed_rows,
    state_layer,
    with_rows,
)
from tests.support.visits import CONTRACT

REQUESTS = "ucc__service_requests"


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    """The layer of a city elsewhere."""
    (tmp_path / "city.yml").write_text('city: new_ulm\nplace_geoid: "2746042"\n')
    for folder in ("sources", "seeds/rows", "shared"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "shared" / "labels.csv").write_text('label,note\na,"one\ntwo"\nb,\nc,""\n')
    (tmp_path / "shared" / "words.csv").write_text("vocabulary,label,code\nhr,White,white\nhr,Black,black\nsis,White,white\n")
    (tmp_path / "shared" / "_seeds.yml").write_text(
        "seeds:\n- {name: labels, config: {meta: {key: [label]}}}\n- {name: words, config: {meta: {key: [vocabulary, label]}}}\n"
    )
    return Layer("new_ulm", tmp_path)


def test_every_layer_of_the_repository_can_be_used() -> None:
    assert {"milwaukee", "sampleton"} <= set(layer_names(CITIES))
    for name in layer_names(CITIES):
        city = read_city(None, name)
        assert (city.city, city.undecided) == (name, ())
        assert city_registry(city).names()
        assert [layer.name for layer in city.layers] == [*filter(None, (city.state, city.state_tables)), name]
    assert all(state_layer(name).folder.is_dir() for name in layer_names(STATES))


def test_rows_of_one_city_reach_no_other() -> None:
    shared = Path("dbt_project/seeds/reference").absolute()
    assert seed_rows("known_data_issues", shared, ()) == []
    for seed in ("geographies", "goals", "ward_districts", "scorecard_places", "qualified_census_tracts"):
        assert seed_rows(seed, shared, ()) == []
        for name in ("milwaukee", "sampleton"):
            city = read_city(None, name)
            of_others = {row["city_geoid"] for row in seed_rows(seed, shared, city.layers)} - {city.place_geoid}
            assert of_others <= ({"2743000", "3915000", "2938000"} if (seed, name) == ("geographies", "milwaukee") else set())


def test_a_seed_of_the_layer_replaces_the_shared_one(layer: Layer) -> None:
    own = layer.folder / "seeds" / "labels.csv"
    own.write_text("label,note\nz,\n")
    assert layered_seed("labels", layer.folder / "shared", [layer]) == own
    assert layered_seed("labels", layer.folder / "shared", []) == layer.folder / "shared" / "labels.csv"


def test_rows_of_the_layer_replace_those_with_the_same_key_only(layer: Layer) -> None:
    """A row for one label un-mapped every other label of its vocabulary."""
    (layer.folder / "seeds" / "rows" / "words.csv").write_text("vocabulary,label,code\nhr,WHITE ,european\nhr,Hmong,asian\n")
    shared = layer.folder / "shared"
    rows = {(row["vocabulary"], row["label"]): row["code"] for row in seed_rows("words", shared, [layer])}
    assert rows == {
        ("hr", "Black"): "black",
        ("sis", "White"): "white",
        ("hr", "WHITE "): "european",
        ("hr", "Hmong"): "asian",
    }
    assert row_changes("words", shared, [layer]) == RowChanges(("hr|hmong",), ("hr|white",), ())


def test_a_whole_seed_of_the_layer_names_the_rows_that_go(layer: Layer) -> None:
    (layer.folder / "seeds" / "words.csv").write_text("vocabulary,label,code\nhr,White,white\nhr,Black,african_american\n")
    assert row_changes("words", layer.folder / "shared", [layer]) == RowChanges((), ("hr|black",), ("sis|white",))


def test_a_key_that_a_layer_has_twice_is_named(layer: Layer) -> None:
    (layer.folder / "seeds" / "rows" / "words.csv").write_text("vocabulary,label,code\nhr,Hmong,asian\nhr,hmong,asian\n")
    with pytest.raises(LayerError, match=r"words\.csv: two rows have the same vocabulary, label: hr, hmong"):
        layered_seed("words", layer.folder / "shared", [layer])


def test_every_seed_declares_a_key_that_is_unique(layer: Layer) -> None:
    shared = Path("dbt_project/seeds/reference").absolute()
    for path in sorted(shared.glob("*.csv")):
        key = seed_key(path.stem, shared)
        rows = [tuple(" ".join(row[column].lower().split()) for column in key) for row in seed_rows(path.stem, shared, ())]
        assert len(rows) == len(set(rows)), path.stem
    (layer.folder / "seeds" / "rows" / "others.csv").write_text("a\n1\n")
    (layer.folder / "shared" / "others.csv").write_text("a\n")
    with pytest.raises(LayerError, match="the seed others declares no key"):
        layered_seed("others", layer.folder / "shared", [layer])


def test_rows_for_a_seed_that_does_not_exist_get_the_name_of_a_similar_one(layer: Layer) -> None:
    (layer.folder / "seeds" / "rows" / "word.csv").write_text("vocabulary,label,code\nhr,Hmong,asian\n")
    with pytest.raises(LayerError, match=r"there is no seed word for rows/word\.csv\. Did you mean words\? Name the file after"):
        layered_seed("word", layer.folder / "shared", [layer])


def test_a_byte_order_mark_of_a_spreadsheet_program_is_no_part_of_the_first_column(layer: Layer) -> None:
    (layer.folder / "seeds" / "rows" / "labels.csv").write_text("\ufefflabel,note\r\nb,new\r\n", encoding="utf-8")
    assert seed_rows("labels", layer.folder / "shared", [layer])[-1] == {"label": "b", "note": "new"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"labels\.csv: the columns are none; the seed has label, note, in this order"),
        (b"label,note\nb\n", r"labels\.csv: 2 columns are named, and a row has 1 cells: b$"),
        (b"label,note\nb,new,more\n", r"labels\.csv: 2 columns are named, and a row has 3 cells: b,new,more$"),
        (b"label,note\nb,\xd6l\n", r"labels\.csv: byte 14 is no UTF-8; save the file as CSV UTF-8"),
    ],
)
def test_a_file_of_rows_that_cannot_be_read_is_named_with_what_is_wrong(layer: Layer, content: bytes, message: str) -> None:
    (layer.folder / "seeds" / "rows" / "labels.csv").write_bytes(content)
    with pytest.raises(LayerError, match=message):
        layered_seed("labels", layer.folder / "shared", [layer])


def test_rows_of_the_layer_replace_those_of_one_column(layer: Layer) -> None:
    (layer.folder / "seeds" / "rows" / "labels.csv").write_text("label,note\nb,new\nd,")
    merged = layered_seed("labels", layer.folder / "shared", [layer])
    assert merged == b'label,note\na,"one\ntwo"\nc,""\nb,new\nd,\n', "an empty text stays one, a line break too"
    assert [row["label"] for row in seed_rows("labels", layer.folder / "shared", [layer])] == ["a", "c", "b", "d"]


def test_rows_with_other_columns_are_refused(layer: Layer) -> None:
    (layer.folder / "seeds" / "rows" / "labels.csv").write_text("label,remark\nb,new\n")
    with pytest.raises(LayerError, match=r"labels\.csv: the columns are label, remark; the seed has label, note, in this order"):
        layered_seed("labels", layer.folder / "shared", [layer])


def test_rows_of_series_breaks_from_before_sources_could_break_stay(tmp_path: Path) -> None:
    seed = (
        b"measure_id,measure_version,source,form,series_break_on,cause,series_break_note\nm,2,,,2020-01-01,new_definition,ours\n"
    )
    (tmp_path / "series_breaks.csv").write_text(
        "measure_id,measure_version,series_break_on,series_break_note\nn,2,2021-01-01,theirs\n"
    )
    merged = with_rows(
        seed, tmp_path / "series_breaks.csv", ["measure_id", "measure_version", "source", "form", "series_break_on"]
    )
    assert merged == seed + b"n,2,,,2021-01-01,,theirs\n"
    (tmp_path / "other.csv").write_text("measure_id,measure_version,series_break_on,series_break_note\nn,2,2021-01-01,theirs\n")
    with pytest.raises(LayerError, match="the columns are"):
        with_rows(seed, tmp_path / "other.csv", ["measure_id"])


def test_goals_of_a_layer_from_before_the_council_had_a_file_are_not_adopted(tmp_path: Path) -> None:
    shared, layer = tmp_path / "shared", Layer("ulm", tmp_path / "layer")
    (layer.folder / "seeds").mkdir(parents=True)
    shared.mkdir()
    (shared / "goals.csv").write_text("goal_id,title,adopted_on,council_file\n")
    (layer.folder / "seeds" / "goals.csv").write_text('goal_id,title\na,"Halve, it"\n')
    assert layered_seed("goals", shared, [layer]) == b'goal_id,title,adopted_on,council_file\na,"Halve, it",,\n'
    (layer.folder / "seeds" / "goals.csv").write_text("goal_id,title,adopted_on,council_file\na,It,2025-03-04,1\n")
    assert layered_seed("goals", shared, [layer]) == layer.folder / "seeds" / "goals.csv"


def test_rows_from_before_a_seed_had_dates_hold_without_end(layer: Layer) -> None:
    shared = layer.folder / "shared"
    (shared / "rules.csv").write_text('rule,value,valid_from,valid_to,note\na,11,,,""\na,20,2027-01-01,,\n')
    (shared / "_seeds.yml").write_text("seeds: [{name: rules, config: {meta: {key: [rule, valid_from]}}}]")
    (layer.folder / "seeds" / "rows" / "rules.csv").write_text('rule,value,note\na,15,"ours, now"\n')
    merged = layered_seed("rules", shared, [layer])
    assert merged == b'rule,value,valid_from,valid_to,note\na,20,2027-01-01,,\na,15,,,"ours, now"\n'


def test_a_contract_of_the_layer_replaces_the_shared_one(layer: Layer) -> None:
    text = (SOURCES / f"{REQUESTS}.yml").read_text(encoding="utf-8")
    (layer.folder / "sources" / f"{REQUESTS}.yml").write_text(text.replace("grain: one row", "grain: one line"))
    (layer.folder / "sources" / "ucc__callers.yml").write_text(text.replace(REQUESTS, "ucc__callers"))
    registry = city_registry(read_layer_city(layer))
    assert "one line per request" in registry[REQUESTS].grain
    assert "ucc__callers" in registry
    assert "ucc__callers" not in city_registry(read_city(None))


def test_a_form_of_the_layer_may_offer_a_label_that_the_layer_maps(layer: Layer) -> None:
    rows = layer.folder / "seeds" / "rows" / f"{CROSSWALK.stem}.csv"
    header = CROSSWALK.read_text(encoding="utf-8").splitlines()[0]
    rows.write_text(f"{header}\npolice_observed,Other / Mixed Race,other_race,other_race,,1900-01-01,9999-12-31,\n")
    race = {"name": "race", "role": "race", "vocabulary": "police_observed", "offered": ["Other / Mixed Race"]}
    file = layer.folder / "sources" / f"{CONTRACT['source']}.yml"
    file.write_text(yaml.safe_dump(CONTRACT | {"columns": [race]}))
    settings = layer.folder / "city.yml"
    settings.write_text(settings.read_text() + f"sources: {{{CONTRACT['source']}: {{title: Visits}}}}\n")
    contract = city_registry(read_layer_city(layer))[CONTRACT["source"]]
    assert (contract.title, contract.offered_labels()) == ("Visits", (("police_observed", "other / mixed race"),))
    rows.unlink()
    with pytest.raises(ContractError, match="'Other / Mixed Race' is no label of police_observed"):
        city_registry(read_layer_city(layer))


def test_the_layer_may_change_how_a_source_is_reached_and_the_deliveries_may_not(layer: Layer, tmp_path: Path) -> None:
    change = f"{REQUESTS}: {{connector: {{kind: file, path: /srv/311}}}}\n"
    file = layer.folder / "city.yml"
    file.write_text(file.read_text() + change)
    assert city_registry(read_layer_city(layer))[REQUESTS].connector.kind == "file"
    deliveries = tmp_path / "in"
    deliveries.mkdir()
    (deliveries / "city.yml").write_text("city: new_ulm\n" + change)
    with pytest.raises(ContractError, match="a city may change only jurisdiction"):
        city_registry(read_city(deliveries, "new_ulm", layer), deliveries)


def test_shared_contracts_cover_the_places_of_the_city_that_uses_them(layer: Layer) -> None:
    kinds = ("ucc__service_requests", "dns__evictions", "fpc__fatal_shootings", "der__employees")
    milwaukee, ulm = city_registry(read_city(None)), city_registry(read_layer_city(layer))
    assert [milwaukee[name].jurisdiction for name in kinds] == ["5553000", "55079", "55", "3915000"]
    assert [ulm[name].jurisdiction for name in kinds] == ["2746042", "00000", "27", "2746042"]
    file = layer.folder / "city.yml"
    file.write_text(file.read_text() + 'county_geoid: "27015"\n')
    assert city_registry(read_layer_city(layer))["dns__evictions"].jurisdiction == "27015"


def test_no_shared_contract_is_of_one_city() -> None:
    """Neither its place nor its time zone, its systems nor its stewards: another city would read and publish them."""
    found = []
    for file in sorted(SOURCES.glob("*.yml")):
        contract = read_contract(file)
        zones = {column.timezone for column in contract.columns} - {None, "UTC"}
        # a table of the whole nation has the address of its publisher, whichever city reads it
        has_no_address = contract.connector.kind in ("file", "database") or contract.coverage == "national"
        is_neutral = contract.jurisdiction in PLACES and has_no_address and not zones
        if not is_neutral or "Milwaukee" in contract.title or "milwaukee" in contract.steward.contact:
            found.append(file.stem)
    assert not found


def test_tables_of_a_state_are_sources_of_its_cities_alone() -> None:
    of_wisconsin = {path.stem for path in state_layer("wisconsin").contracts}
    assert "dpi__enrollment" in of_wisconsin
    registries = {name: city_registry(read_city(None, name)) for name in layer_names(CITIES)}
    assert not of_wisconsin & {*load_registry().names(), *registries["kansas_city"].names()}
    assert of_wisconsin <= {*registries["milwaukee"].names()} & {*registries["sampleton"].names()}
    assert registries["milwaukee"]["dpi__act"].steward.team == "Wisconsin Department of Public Instruction"


def test_tables_without_the_names_of_their_state(layer: Layer) -> None:
    shared = Path("dbt_project/seeds/reference").absolute()
    file = layer.folder / "city.yml"
    file.write_text(file.read_text() + "state_tables: wisconsin\n")
    city = read_layer_city(layer)
    registry = city_registry(city)
    assert "dpi__act" in registry
    assert "Wisconsin" not in registry["census__acs_county"].title
    assert "dpi_wisedash" in {row["vocabulary"] for row in seed_rows("stratum_crosswalk", shared, city.layers)}
    assert "WISCONSIN" not in {row["word"] for row in seed_rows("address_words", shared, city.layers)}
    assert not [row for row in seed_rows("departments", shared, city.layers) if "Wisconsin" in row["name"]]


def test_deliveries_that_change_a_contract_of_a_state_have_its_tables(layer: Layer, tmp_path: Path) -> None:
    """Folders of before the layer of the state had the contracts, in cities without a state."""
    deliveries = tmp_path / "in"
    deliveries.mkdir()
    (deliveries / "city.yml").write_text("city: new_ulm\ndpi__act: {as_of: 2024-06-30}\nmmc__court_cases: {as_of: 2024-06-30}\n")
    city = read_city(deliveries, layer=layer)
    assert [(each.name, each.tables_only) for each in city.layers] == [("wisconsin", True), ("new_ulm", False)]
    assert "dpi__enrollment" in city_registry(city, deliveries)
    own = (state_layer("wisconsin").folder / "sources" / "dpi__act.yml").read_text()
    (layer.folder / "sources" / "dpi__act.yml").write_text(own)
    assert [each.name for each in read_city(deliveries, layer=Layer("new_ulm", layer.folder)).layers] == ["new_ulm"]


def test_a_layer_that_changes_a_contract_of_a_state_must_name_it(layer: Layer) -> None:
    file = layer.folder / "city.yml"
    file.write_text(file.read_text() + "dpi__act: {platform: a portal}\n")
    with pytest.raises(ContractError, match="it is a source of the state layer wisconsin: write state_tables: wisconsin"):
        city_registry(read_layer_city(layer))


def test_deliveries_change_what_the_layer_says(layer: Layer, tmp_path: Path) -> None:
    deliveries = tmp_path / "in"
    deliveries.mkdir()
    (deliveries / "city.yml").write_text("city: new_ulm\ntitle: Ulm\ntime_zone: America/Chicago\nas_of: 2025-12-01\n")
    city = read_city(deliveries, layer=layer)
    assert (city.title, city.place_geoid, city.time_zone, city.undecided) == ("Ulm", "2746042", "America/Chicago", ())


def test_a_name_is_no_path_and_a_missing_state_is_refused(tmp_path: Path) -> None:
    assert city_layer("../cities/milwaukee") is None
    (tmp_path / "city.yml").write_text("city: new_ulm\nstate: wisconsn\n")
    with pytest.raises(LayerError, match=r"no state layer 'wisconsn'\. Did you mean wisconsin\?"):
        read_city(tmp_path)
