"""Passes of the measure engine over planted worlds, judged.

Here: which worlds, how many seeds, which switches; every seed is fixed, so that a pass always comes to the same figures. Not
here: limits.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection

import numpy as np
import pyarrow as pa

from tests.support.truth import counted, town
from tests.support.truth.engine import Engine
from tests.support.truth.judge import judge
from tests.support.truth.planted import Switches, World
from tests.support.truth.worlds import worlds

SEED = 20_260_101


def planted_measures() -> set[str]:
    """The measures that have a world, from facts on."""
    return {measure for world in worlds().values() for measure in world.MEASURES}


def run_passes(
    engine: Engine, passes: int, seeds: int, switches: Switches | None = None, only: Collection[str] | None = None
) -> None:
    """Plant, run and judge so many times so many seeds: afterwards the table `judged` of the engine holds a row a truth.

    only: the worlds that are planted, by name; `counted` is the counts of measures without one
    """
    for number in range(passes):
        _run(engine, number, seeds, switches or Switches(), [*worlds(), "counted"] if only is None else only)


def _run(engine: Engine, number: int, seeds: int, switches: Switches, only: Collection[str]) -> None:
    engine.clear()
    made = [town.plant()]
    for name, module in worlds().items():
        if name in only:
            times = getattr(module, "TIMES", 1)
            made.append(module.plant(_stream(name, number), times * seeds, switches))
    if "counted" in only:
        made.append(counted.invent())
    truths: list[pa.Table] = [table for world in made for table in world.truths]
    for world in made:
        _fill(engine, world)

    def add() -> None:
        world = counted.plant(engine.con, _stream("counted", number), counted.TIMES * seeds, switches, planted_measures())
        truths.extend(world.truths)
        _fill(engine, world)

    engine.run(counted=add if "counted" in only else None)
    judge(engine.con, truths, number)


def _stream(name: str, number: int) -> np.random.Generator:
    """A stream for each world and pass, so that a change in one leaves the others' rows alone."""
    return np.random.default_rng([SEED, number, zlib.crc32(name.encode())])


def _fill(engine: Engine, world: World) -> None:
    for name, columns in world.facts:
        engine.plant(name, columns)
