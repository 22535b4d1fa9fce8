"""Put medians of persons that an earlier version published on the grid of their measure (seed `order_statistics`).

Earlier versions published exact medians, which are the amounts of single persons. The suppressor reports them again, on their
grid (`reported_figures`); this module takes them out of the ledger and the history, so that no later release can repeat one.
"""

from __future__ import annotations

from collections.abc import Collection

GRIDS = "release.reference.order_statistics"
_ROUNDED = {"value": "round", "reference_value": "round", "ci_low": "floor", "ci_high": "ceil"}
_COMPARED = [f"rate_{kind}{end}" for kind in ("ratio", "difference") for end in ("", "_ci_low", "_ci_high")]


def states_on_grid(states: str, columns: Collection[str]) -> str:
    """SQL of published states, those of exact medians rounded, and without the comparisons that were computed from them.

    That a median was published, and how reliable it was, stays: readers know it. `columns`: those of the states.
    """
    of_values = [name for name in _ROUNDED if name in columns]
    is_exact = " or ".join(_is_off(f"states.{name}") for name in of_values) or "false"
    changed = [
        f"coalesce({_ROUNDED[name]}(states.{name} / grids.grid) * grids.grid, states.{name}) as {name}" for name in of_values
    ]
    changed += [
        f"case when not coalesce({is_exact}, false) then states.{name} end as {name}" for name in _COMPARED if name in columns
    ]
    replaced = f" replace ({', '.join(changed)})" if changed else ""
    return f"select states.*{replaced} from ({states}) as states left join {GRIDS} as grids using (measure_id)"


def history_on_grid(history: str, values: Collection[str] = ("first_value", "last_value")) -> str:
    """SQL of a history without rows of exact medians: their history begins with the first figure on the grid."""
    is_exact = " or ".join(_is_off(f"history.{name}") for name in values)
    return (
        f"select history.* from ({history}) as history left join {GRIDS} as grids using (measure_id) "
        f"where not coalesce({is_exact}, false)"
    )


def _is_off(name: str) -> str:
    return f"(grids.grid is not null and {name} is not null and {name} / grids.grid <> round({name} / grids.grid))"
