"""Outlines: the ring of corners around all blocks with one label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.sample.places.ground import Grid

# A straight border keeps a corner every so many blocks: a line that is straight in feet is not in degrees, and with these corners
# the two stay within 6 cm of each other.
KEPT_EVERY = 4

Corner = tuple[int, int]


def outline(grid: Grid, label: int) -> list[Corner]:
    """The corners around the blocks labelled `label`, counted in blocks, counterclockwise, the first one again at the end.

    ValueError when they are not in one piece without holes.
    """
    following = _edges(grid == label)
    start = min(following)
    ring, at = [start], following.pop(start)
    while at != start:
        ring.append(at)
        at = following.pop(at)
    if following:
        raise ValueError(f"the blocks labelled {label} are in several pieces, or have a hole")
    corners = [
        corner
        for before, corner, after in zip([ring[-1], *ring], ring, [*ring[1:], start], strict=False)
        if _turns(before, corner, after)
    ]
    return [*corners, corners[0]]


def _edges(inside: NDArray[np.bool_]) -> dict[Corner, Corner]:
    """From each corner of the border to the next one, the inside on the left."""
    padded = np.pad(inside, 1)
    is_inside = padded[1:-1, 1:-1]
    sides = (
        (padded[1:-1, :-2], (0, 0), (1, 0)),  # south
        (padded[2:, 1:-1], (1, 0), (1, 1)),  # east
        (padded[1:-1, 2:], (1, 1), (0, 1)),  # north
        (padded[:-2, 1:-1], (0, 1), (0, 0)),  # west
    )
    following: dict[Corner, Corner] = {}
    for beyond, start, end in sides:
        for x, y in np.argwhere(is_inside & ~beyond).tolist():
            begins = (x + start[0], y + start[1])
            if begins in following:
                raise ValueError("two pieces touch at a corner only")
            following[begins] = (x + end[0], y + end[1])
    return following


def _turns(before: Corner, corner: Corner, after: Corner) -> bool:
    along = 0 if before[1] == corner[1] else 1
    straight = before[1 - along] == corner[1 - along] == after[1 - along]
    return not straight or corner[along] % KEPT_EVERY == 0
