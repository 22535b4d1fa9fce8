"""Why two releases differ: which loads, contracts, seeds, models, code and versions are others, and what a measure is made of.

Belongs here: comparing manifests. Does not: what differs (`differences`), who made the hashes (the run).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from warehouse.releases.differences import MeasureDifference
from warehouse.releases.manifest import Manifest

# The registry is upstream of every measure; for one measure it counts only where that measure's own row is another.
REGISTRY_SEED = "measure_registry"
# Which part of a manifest an ingredient of a lineage stands in.
_INGREDIENT = {"load": "source", "contract": "source", "seed": "seed", "model": "model"}
_SHORT = 12


@dataclass(frozen=True)
class Cause:
    """Something that is another in the later release. `kind`: load, contract, seed, model, code, version, as_of."""

    kind: str
    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.name else f"{self.kind} {self.before} → {self.after}"


@dataclass(frozen=True)
class Explained:
    """A measure that differs, and what may have done it. `is_known` is False when a manifest is too old to tell."""

    difference: MeasureDifference
    causes: tuple[Cause, ...]
    is_known: bool


def causes(before: Manifest, after: Manifest) -> list[Cause]:
    """Everything that differs between what the two were made of, most telling first."""
    found = list(_loads(before, after))
    for kind, first, second in (
        ("contract", before.made_of.contracts, after.made_of.contracts),
        ("seed", before.made_of.seeds, after.made_of.seeds),
        ("model", before.made_of.models, after.made_of.models),
        ("code", before.made_of.code, after.made_of.code),
        ("version", before.versions, after.versions),
    ):
        found += _others(kind, first, second)
    if not (before.made_of.code and after.made_of.code) and before.code_version != after.code_version:
        found.append(Cause("code", "levelground", before.code_version, after.code_version))
    if before.as_of and after.as_of and before.as_of != after.as_of:
        found.append(Cause("as_of", "", str(before.as_of), str(after.as_of)))
    return found


def explain(before: Manifest, after: Manifest, differences: Iterable[MeasureDifference]) -> list[Explained]:
    """Each difference with the causes that its measure is made of.

    Code and versions may touch every measure. The clock, another in nearly every release, is named where nothing else is.
    """
    everything = causes(before, after)
    known = bool(before.made_of.lineage and after.made_of.lineage)
    explained = []
    for difference in differences:
        made_of = {*before.made_of.lineage.get(difference.measure_id, ()), *after.made_of.lineage.get(difference.measure_id, ())}
        found = [cause for cause in everything if cause.kind != "as_of" and _concerns(cause, difference, made_of)]
        clock = [cause for cause in everything if cause.kind == "as_of"]
        explained.append(Explained(difference, tuple(found or clock), known))
    return explained


def _concerns(cause: Cause, difference: MeasureDifference, made_of: set[str]) -> bool:
    if cause.kind not in _INGREDIENT or not made_of:
        return True
    if cause.kind == "seed" and cause.name == REGISTRY_SEED:
        return bool(difference.registry)
    return f"{_INGREDIENT[cause.kind]} {cause.name}" in made_of


def _loads(before: Manifest, after: Manifest) -> Iterator[Cause]:
    for source in sorted({*before.loads, *after.loads}):
        first, second = before.loads.get(source, ()), after.loads.get(source, ())
        if first != second:
            came = [load for load in second if load not in first]
            left = [load for load in first if load not in second]
            yield Cause("load", source, ", ".join(left) or None, ", ".join(came) or None)


def _others(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Cause]:
    if not before or not after:  # a manifest of before these were kept says nothing
        return
    for name in sorted({*before, *after}):
        first, second = before.get(name), after.get(name)
        if first != second:
            yield Cause(kind, name, _short(kind, first), _short(kind, second))


def _short(kind: str, value: str | None) -> str | None:
    return value if value is None or kind == "version" else value[:_SHORT]
