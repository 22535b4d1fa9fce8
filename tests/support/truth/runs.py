"""Run the measure engine over planted worlds and evaluate the result.

This module chooses worlds, seeds and switches. Every seed is fixed, so a pass always gives the same figures.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection

import numpy as np
import pyarrow as pa

from tests.support.truth import counted, town
from tests.support.truth.engine import Engine
from tests.support.truth.evaluation import evaluate
from tests.support.truth.planted import Switches, World
from tests.support.truth.worlds import worlds

SEED = 20_260_101


def planted_measures() -> set[str]:
    """The measures that have a world, from facts on."""
    return {measure for world in worlds().values() for measure in world.MEASURES}


def run_passes(
    engine: Engine, passes: int, seeds: int, switches: Switches | None = None, only: Collection[str] | None = None
) -> None:
    """Plant, run and evaluate `passes` of seeds: then the table `evaluated` of the engine has one row per truth.

    only: the worlds that are planted, by name; `counted` is the counts of measures without one
    """
    for number in range(passes):
        _run(engine, number, seeds, switches or Switches(), [*worlds(), "counted"] if only is None else only)


def _run(engine: Engine, number: int, seeds: int, switches: Switches, only: Collection[str]) -> None:
    engine.clear()
    planted_worlds = [town.plant()]
    for name, module in worlds().items():
        if name in only:
            times = getattr(module, "TIMES", 1)
            planted_worlds.append(module.plant(_stream(name, number), times * seeds, switches))
    if "counted" in only:
        planted_worlds.append(counted.invent())
    truths: list[pa.Table] = [table for world in planted_worlds for table in world.truths]
    for world in planted_worlds:
        _fill(engine, world)

    def add() -> None:
        world = counted.plant(engine.con, _stream("counted", number), counted.TIMES * seeds, switches, planted_measures())
        truths.extend(world.truths)
        _fill(engine, world)

    engine.run(counted=add if "counted" in only else None)
    evaluate(engine.con, truths, number)


def _stream(name: str, number: int) -> np.random.Generator:
    """A stream for each world and pass, so that a change in one does not change the others' rows."""
    return np.random.default_rng([SEED, number, zlib.crc32(name.encode())])


def _fill(engine: Engine, world: World) -> None:
    for name, columns in world.facts:
        engine.plant(name, columns)
