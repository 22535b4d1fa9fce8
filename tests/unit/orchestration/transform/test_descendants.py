"""The models that read a source are found through others, but not through places that all records look up."""

from __future__ import annotations

from typing import Any

from orchestration.transform.fingerprints import LANDING, descendants

STOPS, CALLS = "fpc__police_stops", "mpd__dispatched_calls"
PARENTS = {
    "seed": (),
    "dim_measure": ("seed",),
    "stg_stops": (LANDING + STOPS, "seed"),
    "int_points": ("stg_stops", "stg_calls"),
    "stg_calls": (LANDING + CALLS, "seed"),
    "fct_stops": ("stg_stops", "int_points"),
    "fct_calls": ("stg_calls", "int_points"),
    "counts_of_calls": ("fct_calls",),
    "measures": ("fct_stops", "fct_calls", "dim_measure"),
}
NODES: dict[str, Any] = {
    name: {"depends_on": {"nodes": list(parents)}, "relation_name": f'"release"."marts"."{name}"'}
    for name, parents in PARENTS.items()
}
NODES["int_points"]["config"] = {"meta": {"looked_up": True}}


def test_descendants_are_found_through_other_models_but_not_through_looked_up_places() -> None:
    assert descendants(NODES, LANDING + STOPS) == {"stg_stops", "int_points", "fct_stops", "measures"}
    assert descendants(NODES, "nothing") == set()
