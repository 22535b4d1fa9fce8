"""Fast text: draws from weighted word lists and records joined column by column, without a Python loop over rows.

Belongs here: what every delivery writer needs to turn numbers into bytes. The words themselves are in `words.yml`,
and what is planted in the module of its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest.contract.yaml_source import read_yaml

Index = NDArray[np.integer]

_TABLE_SIZE = 65_536  # a uint16 is the cheapest draw; weights are exact to 1 in 65,536, which no planted figure relies on


@cache
def _written() -> Mapping[str, Any]:
    content: Mapping[str, Any] = read_yaml(Path(__file__).with_name("words.yml")).data
    return content


def word_list(name: str) -> Any:
    """An entry of `words.yml`."""
    return _written()[name]


def words(values: Sequence[str]) -> pa.Array:
    """A word list that `records` takes from by position."""
    return pa.array(values, type=pa.string())


def quoted(value: str) -> str:
    """One CSV field in quotes, inner quotes doubled."""
    return '"' + value.replace('"', '""') + '"'


def chooser(weights: Sequence[float]) -> NDArray[np.uint16]:
    """A lookup table for `draw`: position i fills its share of the table. Weights need not sum to 1."""
    bounds = np.rint(np.cumsum(weights) / np.sum(weights) * _TABLE_SIZE).astype(np.int64)
    return np.repeat(np.arange(len(bounds), dtype=np.uint16), np.diff(bounds, prepend=0))


def draw(rng: np.random.Generator, table: NDArray[np.uint16], size: int) -> NDArray[np.uint16]:
    """`size` positions drawn with the weights that `table` was made from."""
    chosen: NDArray[np.uint16] = table[rng.integers(0, _TABLE_SIZE, size, dtype=np.uint16)]
    return chosen


def digits(values: Index, width: int) -> pa.Array:
    """Non-negative numbers as text of `width` digits, zeros in front."""
    return pc.utf8_lpad(pa.array(values).cast(pa.string()), width=width, padding="0")


def join(*columns: pa.Array) -> pa.Array:
    """The columns glued together row by row."""
    return pc.binary_join_element_wise(*columns, "")


def records(*columns: pa.Array | tuple[pa.Array, Index]) -> memoryview:
    """The bytes of all rows, one after the other. A column is ready text, or a word list and the position for each row."""
    values = [column[0].take(pa.array(column[1])) if isinstance(column, tuple) else column for column in columns]
    joined = join(*values)
    _, offsets, data = joined.buffers()
    end = int(np.frombuffer(offsets, dtype=np.int32)[len(joined)])
    return memoryview(data)[:end]
