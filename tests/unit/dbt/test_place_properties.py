"""Rules of place that must hold for any input: an address in standard form stays as it is, and no count is lost on the way.

Here: property tests of the address standardiser and of the weights between maps, on the SQL of the models. Not here: single
addresses and single weights, which are unit tests next to the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.settings import DBT_PROJECT
from tests.support.fuzzing import number_of_examples

Standardise = Callable[[list[str]], dict[str, str]]
Weigh = Callable[..., list[tuple[Any, ...]]]
PROPERTY = settings(max_examples=number_of_examples(60), deadline=None, derandomize=True)
# an example is a list of addresses, since DuckDB takes a hundred as fast as one
MANY = settings(max_examples=number_of_examples(8), deadline=None, derandomize=True)

NUMBERS = st.integers(1, 12500).map(str)
BEHIND = st.sampled_from(["A", "B", "ADJ", "R", "1/2"])
HOUSES = st.one_of(
    NUMBERS,
    st.builds("{}{}{}".format, NUMBERS, st.sampled_from(["", " ", "-", "--", " - "]), BEHIND),
    st.builds("{}-{}".format, NUMBERS, NUMBERS),
    st.sampled_from(["ONE", "7200-BLK", "2700 BLOCK OF", "7600 OF", "10N"]),
)
DIRECTIONALS = st.sampled_from(["", "N", "S.", "North", "w", "EAST", "SO"])
STREETS = (
    "35TH, 35 TH, 3RD, THIRD, OLD WORLD THIRD, NORTH, MILWAUKEE, MILWAUKEE RIVER, WISCONSIN, ST PAUL, ST. PAUL, SAINT PAUL, "
    "MC KINLEY, MCKINLEY, FOND DU LAC, FDL, M.L.K., Martin Luther King Jr, LION, LOVERS LANE, HI MOUNT, BROADWAY, VAN BUREN, "
    "FRONT, RITE-HITE"
)
NAMES = st.one_of(st.integers(1, 124).map(str), st.sampled_from(STREETS.split(", ")))
TYPES = st.sampled_from(["", "ST", "Street", "AVE", "av.", "BLVD", "WAY", "PL", "TRCE", "N", "S"])
TAILS = st.sampled_from(
    ["", " #2", " APT 108", " UPPER", "#4", " (REAR", " MILWAUKEE", " MILWAUKEE WI", ", 2, MILWAUKEE", " 302", " A"]
)
ADDRESSES = st.builds("{} {} {} {}{}".format, HOUSES, DIRECTIONALS, NAMES, TYPES, TAILS)


def render(text: str) -> str:
    """The SQL that dbt makes of the text, with every ref a table of that name."""
    files = sorted((DBT_PROJECT / "macros" / "conform").glob("*.sql"))
    macros = "\n".join(path.read_text(encoding="utf-8") for path in files)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    environment.globals.update(ref=lambda name: name, config=lambda **_: "")
    return environment.from_string(f"{macros}\n{text}").render().strip()


def model(path: str) -> str:
    return render((DBT_PROJECT / "models" / "intermediate" / f"{path}.sql").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def standard() -> Iterator[Standardise]:
    """`standard(texts)`: the address in standard form of each text that is one."""
    with duckdb.connect() as connection:
        words = DBT_PROJECT / "seeds" / "reference" / "address_words.csv"
        connection.execute(f"create table address_words as from read_csv('{words}', all_varchar = true)")
        connection.execute("create table delivered (address varchar)")
        query = render("{{ standardised_addresses('delivered') }}")

        def standardise(texts: list[str]) -> dict[str, str]:
            connection.execute("delete from delivered")
            connection.execute("insert into delivered select unnest(?) union all select unnest(?)", [texts, texts])
            rows = connection.execute(f"select address, address_standard from ({query})").fetchall()
            assert len(rows) == len(dict(rows)) <= len(set(texts))
            return dict(rows)

        yield standardise


def stays(standard: Standardise, texts: list[str]) -> bool:
    once = list(standard(texts).values())
    return standard(once) == {text: text for text in once} if once else True


@MANY
@example(texts=["10N THIRD", "10N 3RD"])  # the N stayed with the number until the word behind it was written in digits
@given(texts=st.lists(ADDRESSES, min_size=40, max_size=120))
def test_an_address_in_standard_form_stays_as_it_is(standard: Standardise, texts: list[str]) -> None:
    assert stays(standard, texts)


@MANY
@given(st.lists(st.text(max_size=40), min_size=40, max_size=120))
def test_any_text_is_an_address_or_none(standard: Standardise, texts: list[str]) -> None:
    assert stays(standard, texts)


PLACES = st.tuples(NUMBERS, st.sampled_from("NSEW"), st.integers(1, 124), st.sampled_from(["ST", "AV", "PL", "CT", "BL"]))


@MANY
@given(st.lists(PLACES, min_size=20, max_size=60, unique=True))
def test_ways_to_write_one_address_are_one(standard: Standardise, places: list[tuple[str, str, int, str]]) -> None:
    ways = [_ways(*place) for place in places]
    found = standard([way for one in ways for way in one])
    for place, one in zip(places, ways, strict=True):
        assert len({found.get(way) for way in one}) == 1, place
        assert one[0] in found


def _ways(number: str, directional: str, street: int, street_type: str) -> list[str]:
    long = {"N": "North", "S": "South", "E": "East", "W": "West"}[directional]
    spelled = {"ST": "Street", "AV": "Avenue", "PL": "Place", "CT": "Court", "BL": "Boulevard"}[street_type]
    return [
        f"{number} {directional} {street} {street_type}",
        f"{number}  {directional.lower()}. {street} {spelled}, Milwaukee, Wisconsin 53209",
        f"{number} {long} {street} {spelled} Apt 3",
        f"{number} {street} {spelled} {long}",
        f"{number}-{number} {directional} {street}TH {street_type} #2",
        f"{number} {directional}{street} {street_type} MILWAUKEE, WI",
    ]


# Whether a map covers the city only.
MAPS = {"tract": False, "zcta": False, "district": True, "hood": True}
KINDS, ZONES = st.sampled_from(sorted(MAPS)), st.sampled_from(["a", "b", "c", "outside"])
BASES = st.sampled_from(["population", "address", "area"])
OVERLAPS = st.lists(st.tuples(KINDS, ZONES, KINDS, ZONES, st.booleans(), BASES, st.integers(1, 5000)), max_size=40)
PARTS = st.dictionaries(st.tuples(KINDS, st.sampled_from("abc")), st.integers(0, 100), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def weighed() -> Iterator[Weigh]:
    """`weighed(overlaps, parts)`: for each place and map, the sums of both weights and the smallest one."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table int_places__overlaps (from_type varchar, from_vintage varchar, from_geoid varchar, to_type varchar, "
            "to_vintage varchar, to_geoid varchar, is_in_city boolean, weight_basis varchar, amount double, city_amount double)"
        )
        place = "geography_type varchar, geography_vintage varchar"
        columns = f"{place}, geoid varchar, is_in_city boolean, part_share double"
        connection.execute(f"create table int_places__split_at_limits ({columns})")
        connection.execute(f"create table int_blocks__assigned ({place}, geoid varchar)")
        connection.execute(f"create table geography_vintages ({place}, is_city_only boolean)")
        connection.executemany("insert into geography_vintages values (?, 'v', ?)", list(MAPS.items()))
        connection.execute(f"create view int_places__overlap_shares as {model('geography/int_places__overlap_shares')}")
        query = model("geography/int_places__weights")

        def weigh(overlaps: list[tuple[Any, ...]], parts: dict[tuple[str, str], int]) -> list[tuple[Any, ...]]:
            connection.execute("delete from int_places__overlaps")
            connection.execute("delete from int_places__split_at_limits")
            for (kind, geoid), percent in parts.items():
                inside = 100 if MAPS[kind] else percent
                sides = [(kind, geoid, side, share / 100) for side, share in ((True, inside), (False, 100 - inside)) if share]
                connection.executemany("insert into int_places__split_at_limits values (?, 'v', ?, ?, ?)", sides)
            for row in overlaps:
                if row[0] != row[2]:
                    amounts = (*row, row[-1] if row[4] and row[-1] % 3 else 0)  # a third of the pairs is beyond the limits
                    connection.execute("insert into int_places__overlaps values (?, 'v', ?, ?, 'v', ?, ?, ?, ?, ?)", amounts)
            return connection.execute(
                "select from_type, from_geoid, to_type, sum(weight), sum(city_weight), min(least(weight, city_weight)) "
                f"from ({query}) group by all"
            ).fetchall()

        yield weigh


@PROPERTY
@given(OVERLAPS, PARTS)
def test_no_count_is_lost_between_maps(
    weighed: Weigh, overlaps: list[tuple[Any, ...]], parts: dict[tuple[str, str], int]
) -> None:
    rows = weighed(overlaps, parts)
    assert all(abs(total - 1) + abs(of_city - 1) < 1e-6 and smallest >= 0 for *_, total, of_city, smallest in rows)
    found = {row[:3] for row in rows}
    delivered = {kind for kind, _ in parts}
    city_maps = [kind for kind, is_city_only in MAPS.items() if is_city_only and kind in delivered]
    assert all((kind, geoid, to) in found for kind, geoid in parts for to in city_maps if to != kind)
