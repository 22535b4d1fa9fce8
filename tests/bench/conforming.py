"""Cost of geocoding service requests, compared with the same joins written by hand.

    python -m tests.bench.conforming HOME [--rows 10000000] [--rounds 3]

HOME is a home with a finished run; the benchmark copies it and never writes to it. Its address index and maps stay, and synthetic
service requests replace its own: 310,000 ways to write an address, four in five of them as the index does. Both sides run
alternately in one process, from the typed delivery to a table of geocoded requests in the release file, under the same keys; the
ratio counts, because machines differ.

Measured are the models of address, point and event, timed by dbt, and the joins that an analyst would write without them (exact
matches only). Maps, bridge and index do not grow with the events, and are not measured.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration.transform import dbt_runner
from warehouse.connection import attach, open_working
from warehouse.paths import Home

SOURCE = "ucc__service_requests"
WAYS = 310_000
FACT = "fct_service_requests"
# Models that grow with the events or with their addresses.
SELECTED = ["path:models/intermediate/addresses", "int_points__collected", "int_points__validated", "int_points__located",
            "int_points__geocoded", "int_service_requests__with_follow_up", FACT]  # fmt: skip
TIMED = ("int_addresses__collected", "int_addresses__exact_matches", "int_addresses__parsed", "int_addresses__candidates",
         "int_addresses__matched", "int_addresses__geocoded", "int_points__", "int_service_requests__with_follow_up",
         FACT)  # fmt: skip
ONCE = ["+int_points__geocoded", "+int_places__valid_codes", "+int_addresses__indexed", "+int_service_requests__with_follow_up"]
BY_HAND = """
create or replace table release.marts.by_hand as
with
points as (
    select address, any_value(longitude) as longitude, any_value(latitude) as latitude
    from staging.stg_city__addresses where longitude is not null group by address
),
requests as (
    select *, upper(trim(split_part(address, ',', 1))) as street_address, cast(created_at as date) as occurred_on from {typed}
),
asked as (select * from points where address in (select street_address from requests)),
located as (
    select
        asked.longitude,
        asked.latitude,
        max(places.geoid) filter (where geography_type = 'tract') as tract_geoid,
        max(places.geoid) filter (where geography_type = 'aldermanic_district' and geography_vintage = '2012') as district_2012,
        max(places.geoid) filter (where geography_type = 'aldermanic_district' and geography_vintage = '2022') as district_2022,
        max(places.geoid) filter (where geography_type = 'police_district') as police_district_geoid,
        max(places.geoid) filter (where geography_type = 'neighborhood') as neighborhood_geoid
    from (select distinct longitude, latitude, st_point(longitude, latitude) as point from asked) as asked
    inner join intermediate.int_places__outlines as places on st_contains(places.outline, asked.point)
    where (geography_type, geography_vintage) in (values
        ('tract', '2020'), ('aldermanic_district', '2012'), ('aldermanic_district', '2022'), ('police_district', '2009'),
        ('neighborhood', 'current'))
    group by asked.longitude, asked.latitude
),
placed as (select asked.address, located.* from asked inner join located using (longitude, latitude))
select
    md5(concat(requests._record_hash, '#', row_number() over (
        partition by requests._record_hash order by requests._load_id, requests._source_file, requests._source_row
    ))) as service_request_key,
    requests._load_id, requests._source_file, requests._source_row, requests.occurred_on, requests.created_at, requests.closed_at,
    requests.request_type, requests.address, placed.tract_geoid, placed.police_district_geoid, placed.neighborhood_geoid,
    case when requests.occurred_on < date '2022-05-14' then placed.district_2012 else placed.district_2022 end
        as aldermanic_district_geoid
from requests left join placed on requests.street_address = placed.address
"""


def main() -> None:
    """Print seconds of both sides per round, and the ratio of their medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.home) as folder:
        home = Home(Path(folder) / "home")
        home.ensure()
        shutil.copy(Home(arguments.home).warehouse, home.warehouse)
        con = open_working(home)
        try:
            ratio = _compare(con, home, arguments.rows, arguments.rounds)
        finally:
            con.close()
    print(f"models / by hand: {ratio:.2f}")


def _compare(con: DuckDBPyConnection, home: Home, rows: int, rounds: int) -> float:
    for alias in ("release", "public"):
        attach(con, home.root / f"{alias}.duckdb", alias)
    dbt_runner.build(home, select=[*ONCE, "resource_type:seed"])
    _write_requests(con, rows)
    models, hand = [], []
    for number in range(1, rounds + 1):
        results = dbt_runner.build(home, select=SELECTED)
        models.append(sum(result.seconds for result in results if result.name.startswith(TIMED)))
        started = time.perf_counter()
        con.execute(BY_HAND.format(typed=f"typed.{SOURCE}"))
        hand.append(time.perf_counter() - started)
        print(f"round {number}: models {models[-1]:.1f} s, by hand {hand[-1]:.1f} s", flush=True)
    for name, relation in (("models", f"release.marts.{FACT}"), ("by hand", "release.marts.by_hand")):
        placed, events = con.execute(f"select count(tract_geoid), count(*) from {relation}").fetchone() or (0, 0)
        print(f"{name}: {events:,} requests, {100 * placed / events:.1f} % placed")
    return statistics.median(models) / statistics.median(hand)


def _write_requests(con: DuckDBPyConnection, rows: int) -> None:
    """Replace the typed requests: four in five addresses as in the index, the others with units, long forms, blocks, or none."""
    columns = {name: kind for name, kind, *_ in con.execute(f"describe typed.{SOURCE}").fetchall()}
    con.execute(
        f"""
        create temp table ways as
        with known as (
            select row_number() over (order by hash(address)) as way, address, string_split(address, ' ') as words
            from staging.stg_city__addresses order by hash(address) limit {WAYS}
        )
        select way, case way % 20
            when 0 then address || ' APT 2'
            when 1 then replace(replace(replace(address, ' ST', ' Street'), ' AV', ' Avenue'), ' N ', ' North ')
            when 2 then words[2] || ' ' || words[3] || ' / W NORTH AV'
            when 3 then cast(try_cast(words[1] as integer) // 100 * 100 as varchar) || ' ' || array_to_string(words[2:], ' ')
            else address end || ', MILWAUKEE, WI, 53206' as address
        from known"""
    )
    expressions = {
        "created_at": "timestamp '2020-01-01' + to_minutes(n % 3000000)",
        "closed_at": "case when n % 3 = 0 then timestamp '2020-01-03' + to_minutes(n % 3000000) end",
        "address": "ways.address",
        "request_type": "'Type ' || n % 200",
        "_record_hash": "md5(cast(n as varchar))",
        "_load_id": "'load'",
        "_source_file": "'requests.csv'",
        "_source_row": "n",
    }
    listed = ", ".join(f"{expressions.get(name, f'cast(null as {kind})')} as {name}" for name, kind in columns.items())
    con.execute(
        f"create table requests as select {listed} from range({rows}) as t (n) inner join ways on ways.way = 1 + hash(n) % {WAYS}"
    )
    con.execute(f"create or replace view typed.{SOURCE} as select * from requests")


if __name__ == "__main__":
    main()
