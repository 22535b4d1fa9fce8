"""Random delivery histories of the sample city: nights of new, corrected, late, repeated and missing records, and nights on which
something is changed that all rows rest on.

Here: what is delivered and changed. Not here: running the nights, and what must hold after them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import shutil
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

REQUESTS, CALLS = "ucc__service_requests", "mpd__dispatched_calls"
STOPS, PAYMENTS = "fpc__police_stops", "comptroller__checkbook"
INDEX, DISTRICTS = "city__addresses", "city__police_districts"
FIRST_NIGHT = date(2026, 1, 1)
Rows = list[list[str]]


def deliver(city: Path, night: Path, number: int, chance: random.Random) -> list[str]:
    """The delivery of a night, in a folder of its own; what there is of it, for a message."""
    night.mkdir()
    shutil.copy(city / "city.yml", night)
    changes = []
    for source, write in ((REQUESTS, _requests), (CALLS, _calls), (STOPS, _stops), (PAYMENTS, _payments)):
        if chance.random() < 0.75:
            shutil.copytree(city / source, night / source)
            changes.append(f"{source}: {write(night / source, number, chance)}")
    return changes


def another_index(night: Path, city: Path, chance: random.Random) -> str:
    """One house in twenty is gone from the address index."""
    shutil.copytree(city / INDEX, night / INDEX)
    (file,) = (night / INDEX).glob("*.csv.gz")
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        header, *lines = opened
    remaining = [line for line in lines if chance.random() > 0.05]
    with gzip.open(file, "wt", encoding="utf-8") as opened:
        opened.writelines([header, *remaining])
    return f"{len(lines) - len(remaining)} houses are gone from the index"


def another_boundary(night: Path, city: Path, chance: random.Random) -> str:
    """Two police districts change their names."""
    shutil.copytree(city / DISTRICTS, night / DISTRICTS)
    (file,) = (night / DISTRICTS).glob("*json")
    document = json.loads(file.read_text())
    one, other = chance.sample(document["features"], 2)
    one["properties"], other["properties"] = other["properties"], one["properties"]
    file.write_text(json.dumps(document))
    return "two districts changed places"


def another_crosswalk(code: Path) -> None:
    """Whom officers took for Asian counts as White."""
    seed = code / "dbt_project" / "seeds" / "reference" / "race_ethnicity_crosswalk.csv"
    _changed(seed, "(?m)^police_observed,Asian,asian,asian,", "police_observed,Asian,white,white,")


def another_contract(code: Path) -> None:
    """A request is followed for five days."""
    contract = code / "ingest" / "sources" / f"{REQUESTS}.yml"
    _changed(contract, r"until: days_after_start, days: 2", "until: days_after_start, days: 5")


def another_typing(code: Path) -> None:
    """Decimal numbers have three digits, so that points are elsewhere: Python alone decides it, by the SQL of typed tables."""
    expressions = code / "ingest" / "typing" / "expressions.py"
    _changed(expressions, r"then try_cast\(\{text\} as double\) end", "then round(try_cast({text} as double), 3) end")


def _changed(path: Path, pattern: str, new: str) -> None:
    text = path.read_text()
    changed = re.sub(pattern, new, text)
    assert changed != text, f"{path.name} holds nothing like {pattern}"
    path.write_text(changed)


def _moved(text: str, pattern: str, number: int) -> str:
    """The same time on a night after the city's last day."""
    return re.sub(pattern, (FIRST_NIGHT + timedelta(days=number)).strftime(_FORMS[pattern]), text, count=1)


_FORMS = {r"\d{4}-\d\d-\d\d": "%Y-%m-%d", r"\d\d/\d\d/\d{4}": "%m/%d/%Y"}
_ISO, _US = _FORMS


def _merged(rows: Rows, key: int, when: int, pattern: str, what: int, number: int, chance: random.Random) -> tuple[Rows, str]:
    """Rows for a source that is merged by key: new ones, late ones, corrected ones, or all of an earlier state."""
    kind = chance.choice(["new", "corrected", "earlier state", "both"])
    if kind == "earlier state":
        return [row for row in rows if chance.random() > 0.2], kind
    found: Rows = []
    if kind in ("new", "both"):
        for row in chance.sample(rows, 40):
            fresh = [*row]
            fresh[key] = f"{row[key]}-{number}-{chance.randrange(1000)}"
            fresh[when] = row[when] if chance.random() < 0.2 else _moved(row[when], pattern, number)
            found.append(fresh)
    if kind in ("corrected", "both"):
        words = sorted({row[what] for row in rows})
        for row in chance.sample(rows, 10):
            found.append([*row[:what], chance.choice(words), *row[what + 1 :]])
    return found, kind


def _by_day(rows: Rows, when: int, number: int, chance: random.Random) -> tuple[Rows, str]:
    """Rows for a source that replaces whole days: the last ones again, with some rows gone or doubled, and a new day."""
    days = sorted({row[when][:10] for row in rows})
    first = days[-chance.randrange(1, 20)]
    redelivered = [row for row in rows if row[when][:10] >= first and chance.random() > 0.1]
    redelivered += [row for row in redelivered if chance.random() < 0.1]
    new = [[*row[:when], _moved(row[when], _ISO, number), *row[when + 1 :]] for row in chance.sample(rows, 30)]
    return redelivered + new, f"days from {first} again"


def _requests(folder: Path, number: int, chance: random.Random) -> str:
    (file,) = folder.glob("*.csv")
    with file.open(newline="", encoding="utf-8") as opened:
        header, *rows = csv.reader(opened)
    remaining, change = _by_day(rows, header.index("CREATIONDATE"), number, chance)
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator="\r", quoting=csv.QUOTE_ALL).writerows([header, *remaining])
    return change


def _calls(folder: Path, number: int, chance: random.Random) -> str:
    (file,) = folder.glob("*.zip")
    with zipfile.ZipFile(file) as archive:
        (name,) = archive.namelist()
        rows = [row for row in csv.reader(io.StringIO(archive.read(name).decode())) if row and row[0]]
    remaining, change = _merged(rows, 0, 1, _US, 5, number, chance)
    out = io.StringIO()
    csv.writer(out).writerows(remaining)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, out.getvalue())
    return change


def _stops(folder: Path, number: int, chance: random.Random) -> str:
    (file,) = folder.glob("*.csv")
    with file.open(newline="", encoding="utf-8") as opened:
        header, *rows = csv.reader(opened)
    remaining, change = _merged(rows, 0, header.index("date"), _ISO, header.index("race"), number, chance)
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([header, *remaining])
    return change


def _payments(folder: Path, number: int, chance: random.Random) -> str:
    *earlier, newest = sorted(folder.glob("*.parquet"))
    for path in earlier:
        path.unlink()
    table = pq.read_table(newest)
    days = sorted(set(table["date"].to_pylist()))
    first = days[-chance.randrange(1, 20)]
    redelivered = table.filter(pc.greater_equal(table["date"], pa.scalar(first, table["date"].type)))
    redelivered = redelivered.take([at for at in range(redelivered.num_rows) if chance.random() > 0.1] + [0])
    new = table.slice(chance.randrange(100), 30)
    moved = type(first)(*(FIRST_NIGHT + timedelta(days=number)).timetuple()[:3])
    at = new.schema.get_field_index("date")
    new = new.set_column(at, "date", pa.array([moved] * new.num_rows, table["date"].type))
    pq.write_table(pa.concat_tables([redelivered, new]), newest)
    return f"days from {first:%Y-%m-%d} again"
