"""A trial builds what reads its source, what reads no source, and what does not exist yet; nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from orchestration.transform.fingerprints import LANDING, BuildPlan, Fingerprints, descendants

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
TESTS = {f"test of {name}": {"depends_on": {"nodes": [f"model.{name}"]}} for name in PARENTS}


def _restricted(plan: BuildPlan, missing: str) -> BuildPlan:
    registry = [SimpleNamespace(source=source) for source in (STOPS, CALLS)]
    nodes = {f"model.{name}": node | {"depends_on": {"nodes": [_id(p) for p in PARENTS[name]]}} for name, node in NODES.items()}
    inputs = SimpleNamespace(nodes=nodes, registry=registry, manifest={"nodes": {**nodes, **TESTS}})
    relations = {f"release.marts.{name}" for name in PARENTS} - {f"release.marts.{missing}"}
    return Fingerprints.plan_of_source(cast(Fingerprints, inputs), plan, STOPS, relations)


def _id(name: str) -> str:
    return name if name.startswith("source.") else f"model.{name}"


def test_models_of_other_sources_stay_unless_they_do_not_exist() -> None:
    everything = tuple(f"model.{name}" for name in PARENTS)
    plan = BuildPlan(everything, tuple(TESTS), {"model.fct_calls": (("load", 1),), "model.fct_stops": (("new", 2),)})
    found = _restricted(plan, missing="counts_of_calls")
    chosen = {"seed", "dim_measure", "stg_stops", "int_points", "fct_stops", "measures", "counts_of_calls"}
    assert set(found.build) == {f"model.{name}" for name in chosen}
    assert set(found.tests) == {f"test of {name}" for name in chosen}
    assert found.append == {"model.fct_stops": (("new", 2),)}


def test_what_is_up_to_date_is_not_built() -> None:
    found = _restricted(BuildPlan(("model.fct_stops",), (), {}), missing="")
    assert found == BuildPlan(("model.fct_stops",), (), {})


def test_descendants_are_found_through_other_models_but_not_through_looked_up_places() -> None:
    assert descendants(NODES, LANDING + STOPS) == {"stg_stops", "int_points", "fct_stops", "measures"}
    assert descendants(NODES, "nothing") == set()
