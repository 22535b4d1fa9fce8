"""Rules of place that must hold for any input: an address in standard form stays as it is, and no count is lost on the way.

Here: property tests of the address standardiser and of the weights between maps, on the SQL of the models. Not here: single
addresses and single weights, which are unit tests beside the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.settings import DBT_PROJECT

Standardise = Callable[[str], str | None]
Weigh = Callable[..., list[tuple[Any, ...]]]
PROPERTY = settings(max_examples=150, deadline=None, derandomize=True)

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
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals.update(ref=lambda name: name, config=lambda **_: "")
    return environment.from_string(f"{macros}\n{text}").render().strip()


def model(path: str) -> str:
    return render((DBT_PROJECT / "models" / "intermediate" / f"{path}.sql").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def standard() -> Iterator[Standardise]:
    """`standard(text)` is the address in standard form, None where the text is no address."""
    with duckdb.connect() as connection:
        words = DBT_PROJECT / "seeds" / "reference" / "address_words.csv"
        connection.execute(f"create table address_words as from read_csv('{words}', all_varchar = true)")
        connection.execute("create table delivered (address varchar)")
        query = render("{{ standardised_addresses('delivered') }}")

        def standardise(text: str) -> str | None:
            connection.execute("delete from delivered")
            connection.execute("insert into delivered values (?), (?)", [text, text])
            rows = connection.execute(f"select address_standard from ({query})").fetchall()
            assert len(rows) <= 1
            return rows[0][0] if rows else None

        yield standardise


@PROPERTY
@given(ADDRESSES)
def test_an_address_in_standard_form_stays_as_it_is(standard: Standardise, text: str) -> None:
    once = standard(text)
    if once is not None:
        assert standard(once) == once


@PROPERTY
@given(st.text(max_size=40))
def test_any_text_is_an_address_or_none(standard: Standardise, text: str) -> None:
    once = standard(text)
    assert once is None or standard(once) == once


@PROPERTY
@given(NUMBERS, st.sampled_from("NSEW"), st.integers(1, 124), st.sampled_from(["ST", "AV", "PL", "CT", "BL"]))
def test_ways_to_write_one_address_are_one(
    standard: Standardise, number: str, directional: str, street: int, street_type: str
) -> None:
    long = {"N": "North", "S": "South", "E": "East", "W": "West"}[directional]
    spelled = {"ST": "Street", "AV": "Avenue", "PL": "Place", "CT": "Court", "BL": "Boulevard"}[street_type]
    ways = {
        standard(f"{number} {directional} {street} {street_type}"),
        standard(f"{number}  {directional.lower()}. {street} {spelled}, Milwaukee, Wisconsin 53209"),
        standard(f"{number} {long} {street} {spelled} Apt 3"),
        standard(f"{number} {street} {spelled} {long}"),
        standard(f"{number}-{number} {directional} {street}TH {street_type} #2"),
        standard(f"{number} {directional}{street} {street_type} MILWAUKEE, WI"),
    }
    assert len(ways) == 1 and None not in ways


# Whether a map covers the city only.
MAPS = {"tract": False, "zcta": False, "district": True, "hood": True}
KINDS, ZONES = st.sampled_from(sorted(MAPS)), st.sampled_from(["a", "b", "c", "outside"])
BASES = st.sampled_from(["population", "address", "area"])
OVERLAPS = st.lists(st.tuples(KINDS, ZONES, KINDS, ZONES, st.booleans(), BASES, st.integers(1, 5000)), max_size=40)
PARTS = st.dictionaries(st.tuples(KINDS, st.sampled_from("abc")), st.integers(0, 100), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def weighed() -> Iterator[Weigh]:
    """`weighed(overlaps, parts)`: for each place and map, the sum of the weights and the smallest."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table int_places__overlapped (from_type varchar, from_vintage varchar, from_geoid varchar, to_type varchar, "
            "to_vintage varchar, to_geoid varchar, is_in_city boolean, weight_basis varchar, amount double)"
        )
        place = "geography_type varchar, geography_vintage varchar"
        connection.execute(f"create table int_places__parted ({place}, geoid varchar, is_in_city boolean, part_share double)")
        connection.execute(f"create table int_blocks__placed ({place}, geoid varchar)")
        connection.execute(f"create table geography_vintages ({place}, is_city_only boolean)")
        connection.executemany("insert into geography_vintages values (?, 'v', ?)", list(MAPS.items()))
        connection.execute(f"create view int_places__shared as {model('place/int_places__shared')}")
        query = model("place/int_places__weighed")

        def weigh(overlaps: list[tuple[Any, ...]], parts: dict[tuple[str, str], int]) -> list[tuple[Any, ...]]:
            connection.execute("delete from int_places__overlapped")
            connection.execute("delete from int_places__parted")
            for (kind, geoid), percent in parts.items():
                inside = 100 if MAPS[kind] else percent
                sides = [(kind, geoid, side, share / 100) for side, share in ((True, inside), (False, 100 - inside)) if share]
                connection.executemany("insert into int_places__parted values (?, 'v', ?, ?, ?)", sides)
            for row in overlaps:
                if row[0] != row[2]:
                    connection.execute("insert into int_places__overlapped values (?, 'v', ?, ?, 'v', ?, ?, ?, ?)", row)
            return connection.execute(
                f"select from_type, from_geoid, to_type, sum(weight), min(weight) from ({query}) group by all"
            ).fetchall()

        yield weigh


@PROPERTY
@given(OVERLAPS, PARTS)
def test_no_count_is_lost_between_maps(
    weighed: Weigh, overlaps: list[tuple[Any, ...]], parts: dict[tuple[str, str], int]
) -> None:
    rows = weighed(overlaps, parts)
    assert all(abs(total - 1) < 1e-6 and smallest >= 0 for *_, total, smallest in rows)
    found = {row[:3] for row in rows}
    city_maps = [kind for kind, is_city_only in MAPS.items() if is_city_only]
    assert all((kind, geoid, to) in found for kind, geoid in parts for to in city_maps if to != kind)
