"""`comptroller__checkbook`: one Parquet file a year, typed as the real ones are.

Irregularities: vouchers of several lines, exact duplicates among them, negative amounts that take earlier payments back,
department names cut at 30 characters, some vendors who are people written `LAST, FIRST`, rows in no order.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.sample.city import FIRST_NAMES, NAMES
from ingest.sample.delivery import CHUNK, Delivery, PlantedCounts, source
from ingest.sample.text import chooser, digits, draw, word_list

YEARS = (2023, 2024, 2025)
COPY_EVERY = 65  # one row in 65 is another one again: 1,414 of 91,848 real ones in 2025
SCHEMA = pa.schema(
    [
        ("voucher_id_0", pa.large_string()), ("date", pa.timestamp("us")), ("amount", pa.float64()),
        ("vendor_name", pa.large_string()), ("spending_department_id", pa.large_string()),
        ("spending_department_name", pa.large_string()),
        ("account_description", pa.large_string()), ("fund_0", pa.large_string()), ("descr", pa.large_string()),
    ]
)  # fmt: skip

_GOODS = ("Parts", "Services", "Supplies", "Equipment", "Rental", "Repair", "Maintenance", "Contracts", "Inventory", "Fees")
_KINDS = ("Vehicular", "Other Professional", "Telephone, Communications", "Laboratory & Medical", "Building", "Electrical")
_ACCOUNTS = [f"{kind} {goods}"[:30] for goods in _GOODS for kind in _KINDS]
_TRADES = ("LANDSCAPING INC", "AUTO ELECTRIC", "SUPPLY CO.,INC", "SERVICES LLC", "EQUIPMENT, INC.", "CONSULTING &")
_VENDORS = [f"{name} {trade}" for trade in _TRADES for name in NAMES]
_PEOPLE = [f"{name}, {first.upper()}" for name in NAMES for first in FIRST_NAMES]
_EPOCH = date(1970, 1, 1)


def _texts(values: list[str], at: np.ndarray) -> pa.Array:
    return pa.array(values, pa.large_string()).take(pa.array(at))


class _Writer:
    """Tables made once, and the last voucher number given out."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.voucher = 1_957_463
        self.vendor_table = chooser([0.996 / len(_VENDORS)] * len(_VENDORS) + [0.004 / len(_PEOPLE)] * len(_PEOPLE))
        self.fund_table = chooser([share for *_, share in word_list("paying_funds")])
        self.department_table = chooser(range(len(word_list("paying_departments")), 0, -1))
        self.vendors = [*_VENDORS, *_PEOPLE]

    def chunk(self, year: int, size: int) -> tuple[pa.Table, dict[str, int]]:
        """`size` rows of a year, and counts of what they hold."""
        rng = self.rng
        copies = size // COPY_EVERY
        unique = size - copies
        line = np.arange(unique)
        reversal = rng.random(unique) < 0.026
        reversal[0] = False
        reversal[1:] &= ~reversal[:-1]
        begins = rng.random(unique) < 0.80
        begins[0] = True
        begins |= reversal
        begins[1:] |= reversal[:-1]  # a reversal is a voucher of its own
        first = np.maximum.accumulate(np.where(begins, line, 0))
        # A line takes vendor, department and fund from its voucher's first one, a reversal from the voucher before it.
        origin = np.where(reversal, first[line - 1], first)
        cents = np.where(rng.random(unique) < 0.01, 0, np.rint(rng.lognormal(10.2, 1.9, unique)).astype(np.int64))
        cents = np.where(reversal, -cents[line - 1], cents)
        tables = (self.vendor_table, self.fund_table, self.department_table)
        vendor, fund, department = (draw(rng, table, unique)[origin] for table in tables)
        account = rng.integers(0, len(_ACCOUNTS), unique)
        # Lines of a voucher differ in the account, so that no rows are equal by chance.
        account = (account[first] + line - first) % len(_ACCOUNTS)
        account = np.where(reversal, account[line - 1], account)
        voucher = self.voucher + np.cumsum(begins)
        self.voucher = int(voucher[-1])

        year_start, year_days = (date(year, 1, 1) - _EPOCH).days, (date(year, 12, 31) - date(year, 1, 1)).days
        day = np.where(rng.random(unique) < 0.06, year_days, rng.integers(0, year_days + 1, unique))[first]
        day[first == first[-1]] = year_days  # the year's books close on its last day, in small samples too
        stamp = (year_start + day).astype("datetime64[D]").astype("datetime64[us]")

        twice = np.arange(copies) * (COPY_EVERY - 1)
        at = rng.permutation(np.concatenate([line, twice]))
        codes, names = zip(*word_list("paying_departments"), strict=True)
        funds, fund_names, _ = zip(*word_list("paying_funds"), strict=True)
        columns = [
            digits(voucher[at], 8).cast(pa.large_string()), pa.array(stamp[at]), pa.array(cents[at] / 100.0),
            _texts(self.vendors, vendor[at]), _texts(list(codes), department[at]),
            _texts([name[:30] for name in names], department[at]), _texts(_ACCOUNTS, account[at]), _texts(list(funds), fund[at]),
            _texts(list(fund_names), fund[at]),
        ]  # fmt: skip
        facts = {"duplicate": copies, "reversals": int((cents[at] < 0).sum()), "cents": int(cents[at].sum())}
        return pa.Table.from_arrays(columns, schema=SCHEMA), facts


@source("comptroller__checkbook", event_rows_pct=15, freshness={"warn_after_hours": 240, "stale_after_hours": 720})
def payments(delivery: Delivery) -> PlantedCounts:
    """The payments of three years, a third in each."""
    writer, total = _Writer(delivery.rng), {"duplicate": 0, "reversals": 0, "cents": 0}
    bounds = [delivery.rows * part // len(YEARS) for part in range(len(YEARS) + 1)]
    for year, of_year in zip(YEARS, np.diff(bounds).tolist(), strict=True):
        with pq.ParquetWriter(delivery.folder / f"city-checkbook-{year}.parquet", SCHEMA, compression="zstd") as file:
            for start in range(0, of_year, CHUNK):
                table, facts = writer.chunk(year, min(CHUNK, of_year - start))
                file.write_table(table)
                total = {name: total[name] + facts[name] for name in total}
    delivery.delivered = delivery.rows
    return delivery.planted(**total)
