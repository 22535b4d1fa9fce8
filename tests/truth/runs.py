"""One pass of the measure engine over planted worlds, judged.

Here: which worlds, how many seeds, which switches; every seed is fixed, so that a pass always comes to the same figures. Not here: limits.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection

import numpy as np
import pyarrow as pa

from tests.truth import counted, town
from tests.truth.engine import Engine
from tests.truth.judge import judge
from tests.truth.planted import Switches, World
from tests.truth.worlds import worlds

SEED = 20_260_101


def planted_measures() -> set[str]:
    """The measures that have a world, from facts on."""
    return {measure for world in worlds().values() for measure in world.MEASURES}


def run_pass(
    engine: Engine, seeds: int, switches: Switches | None = None, only: Collection[str] | None = None, with_counted: bool = True
) -> None:
    """Plant, run and judge: afterwards the table `judged` of the engine's connection holds a row a truth."""
    engine.clear()
    made = [town.plant()]
    for name, module in worlds().items():
        if only is None or name in only:
            made.append(module.plant(_stream(name), seeds, switches or Switches()))
    if with_counted:
        invented = World()
        counted.invent(invented)
        made.append(invented)
    truths: list[pa.Table] = [table for world in made for table in world.truths]
    for world in made:
        _fill(engine, world)

    def add() -> None:
        left = {
            row[0] for row in engine.con.execute("select measure_id from release.marts.dim_measure").fetchall()
        } - planted_measures()
        world = counted.plant(engine.con, _stream("counted"), seeds, left)
        truths.extend(world.truths)
        _fill(engine, world)

    engine.run(counted=add if with_counted else None)
    judge(engine.con, truths)


def _stream(name: str) -> np.random.Generator:
    """A stream for each world, so that a change in one leaves the others' rows alone."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def _fill(engine: Engine, world: World) -> None:
    for name, columns in world.facts:
        engine.plant(name, columns)
