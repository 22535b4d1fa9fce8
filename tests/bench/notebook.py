"""An analyst's notebook of one afternoon: the four event sources with pandas, places with geopandas, the main measures.

    python -m tests.bench.notebook DELIVERIES OUT

Prints one JSON object: seconds per cell, and figures that the benchmark compares with the release. Cells begin with `# %%`.

The notebook is good of its kind: typed columns, joins and groupings, no row-wise Python. Unlike the product it has no gates,
rejected rows with their reasons, the versioned crosswalk and the 1997 standard, relaxed matching of addresses, both district
maps, denominators and rates, margins of error, Kaplan-Meier, disclosure, the 33 other sources, releases, a second night.
"""

# %% files
from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

DELIVERIES, OUT = Path(sys.argv[1]), Path(sys.argv[2])
OUT.mkdir(parents=True, exist_ok=True)
FEET, DEGREES, CITY = "EPSG:32054", "EPSG:4326", "America/Chicago"
seconds: dict[str, float] = {}
began = time.perf_counter()


def ended(cell: str) -> None:
    """Record the seconds of the cell."""
    global began  # noqa: PLW0603 - a notebook's cells share their names
    now = time.perf_counter()
    seconds[cell] = now - began
    began = now


# %% requests
requests = pd.concat(
    pd.read_csv(path, lineterminator="\r", usecols=["CREATIONDATE", "OBJECTDESC", "TITLE", "CLOSEDDATETIME"], dtype=str)
    for path in sorted((DELIVERIES / "ucc__service_requests").glob("*.csv"))
)
requests.columns = ["created_at", "address", "request_type", "closed_at"]
requests["created_at"] = pd.to_datetime(requests["created_at"], format="%Y-%m-%d %H:%M:%S")
requests["closed_at"] = pd.to_datetime(requests["closed_at"], format="%Y-%m-%d %H:%M:%S")
requests["days_to_close"] = (requests["closed_at"] - requests["created_at"]) / pd.Timedelta(days=1)
ended("requests")

# %% calls: every scrape repeats the calls still shown, the last one counts
calls = pd.concat(
    pd.read_csv(path, header=None, names=["call_number", "called_at", "address", "district", "nature", "status"], dtype=str)
    for path in sorted((DELIVERIES / "mpd__dispatched_calls").glob("*.zip"))
)
calls = calls.dropna(subset=["call_number"]).drop_duplicates("call_number", keep="last")
calls["called_at"] = pd.to_datetime(calls["called_at"], format="%m/%d/%Y %I:%M:%S %p")
ended("calls")

# %% stops: times are UTC
stops = pd.concat(pd.read_csv(path, dtype=str) for path in sorted((DELIVERIES / "fpc__police_stops").glob("*.csv")))
stops = stops.drop_duplicates("idNum", keep="last")
stops["stopped_at"] = pd.to_datetime(stops["date"], format="%Y-%m-%d %H:%M:%S", utc=True).dt.tz_convert(CITY).dt.tz_localize(None)
RACES = {
    "asian": "asian", "black": "black", "east african": "black", "latino": "hispanic", "native american": "aian",
    "other": "other_race", "white": "white", "unknown": "observer_unknown",
}  # fmt: skip
stops["race"] = stops["race"].str.strip().str.lower().map(RACES).fillna("not_collected")
stops["searched"] = stops["personSearch"].map({"YES": True, "NO": False})
ended("stops")

# %% payments
payments = pd.concat(pd.read_parquet(path) for path in sorted((DELIVERIES / "comptroller__checkbook").glob("*.parquet")))
payments["department"] = payments["spending_department_name"].str.strip().str.upper()
ended("payments")

# %% places: the index's points, and the tract, district and neighborhood of each
index = pd.concat(pd.read_csv(path) for path in sorted((DELIVERIES / "city__addresses").glob("*.csv.gz")))
index = index.dropna(subset=["x", "y"]).drop_duplicates("address_string").rename(columns={"address_string": "street_address"})
points = gpd.GeoDataFrame(index[["street_address"]], geometry=gpd.points_from_xy(index["x"], index["y"]), crs=FEET).to_crs(
    DEGREES
)
MAPS = {
    "tract": ("census__tracts_2020", "tract_2020"),
    "aldermanic_district": ("city__aldermanic_districts_2022", "aldermanic_2022"),
    "police_district": ("city__police_districts", "POLICE"),
    "neighborhood": ("city__neighborhoods", "neighborhood"),
}
for place, (source, code) in MAPS.items():
    outlines = gpd.read_file(next((DELIVERIES / source).glob("*.geojson")))
    if outlines.total_bounds[2] > 180:  # feet, although the file declares no CRS
        outlines = outlines.set_crs(FEET, allow_override=True).to_crs(DEGREES)
    inside = gpd.sjoin(points, outlines[[code, "geometry"]].set_crs(DEGREES, allow_override=True), how="left", predicate="within")
    points[place] = inside.loc[~inside.index.duplicated(), code].astype("string")
places = pd.DataFrame(points.drop(columns="geometry"))
ended("maps")

# %% places of requests and calls: exact matches with the index only
for events in (requests, calls):
    events["street_address"] = events["address"].str.split(",", n=1).str[0].str.strip().str.upper()
requests = requests.merge(places, how="left", on="street_address")
calls = calls.merge(places, how="left", on="street_address")
ended("places")

# %% measures
requests["month"] = requests["created_at"].dt.to_period("M").dt.to_timestamp()
# the file ends on its last day, so later requests were not followed for two days
requests["followed"] = requests["created_at"] + pd.Timedelta(days=2) <= max(
    requests["created_at"].max(), requests["closed_at"].max()
)
requests["closed_in_time"] = requests["followed"] & (requests["days_to_close"] <= 2)
services = requests.groupby(["month", "aldermanic_district"], dropna=False).agg(
    requests=("created_at", "size"),
    followed=("followed", "sum"),
    closed_in_time=("closed_in_time", "sum"),
    days_median=("days_to_close", "median"),
)
calls["month"] = calls["called_at"].dt.to_period("M").dt.to_timestamp()
calls["hour"] = calls["called_at"].dt.hour
safety = calls.groupby(["month", "police_district", "hour"], dropna=False).size().rename("calls").reset_index()
by_race = stops.groupby("race").agg(stops=("idNum", "size"), known=("searched", "count"), searched=("searched", "sum"))
share, n = by_race["searched"].astype(float) / by_race["known"], by_race["known"].astype(float)
by_race["stops_share"] = by_race["stops"] / by_race["stops"].sum()
# Wilson, Journal of the American Statistical Association 22 (1927)
z = 1.959964
middle, half = (
    (share + z**2 / (2 * n)) / (1 + z**2 / n),
    z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n),
)
by_race["low"], by_race["high"] = middle - half, middle + half
payments["month"] = payments["date"].dt.to_period("M").dt.to_timestamp()
spent = payments.groupby(["month", "department"], dropna=False)["amount"].agg(["sum", "size"])
ended("measures")

# %% output
FACTS = {"requests": requests, "calls": calls, "stops": stops, "payments": payments}
for name, table in (FACTS | {"services": services.reset_index(), "safety": safety, "race": by_race.reset_index()}).items():
    table.to_parquet(OUT / f"{name}.parquet")
spent.reset_index().to_parquet(OUT / "spent.parquet")
ended("kept")

figures = {
    "requests": len(requests),
    "requests_closed_in_time": int(requests["closed_in_time"].sum()),
    "calls": len(calls),
    "stops": len(stops),
    "stops_of_black_people": int(by_race.loc["black", "stops"]),
    "searches_of_black_people": int(by_race.loc["black", "searched"]),
    "payments_usd": float(payments["amount"].sum()),
}
print(json.dumps({"seconds": seconds, "figures": figures}))
