"""Attribute the differences of two releases to changed loads, contracts, seeds, models, code and versions.

This module compares manifests. See `differences` for the changed rows, `orchestration.transform.release_inputs` for the hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from warehouse.releases.comparison.differences import MeasureDifference
from warehouse.releases.manifest import Manifest

# The registry is upstream of every measure; it is a cause for a measure only if that measure's own row changed.
REGISTRY_SEED = "measure_registry"
# The prefix of a cause in the lineage of a measure, by kind.
_LINEAGE_PREFIX = {"load": "source", "contract": "source", "seed": "seed", "model": "model"}
_SHORT = 12


@dataclass(frozen=True)
class Cause:
    """An input that changed in the later release. `kind`: load, contract, seed, model, code, version or as_of."""

    kind: str
    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.name else f"{self.kind} {self.before} → {self.after}"


@dataclass(frozen=True)
class ExplainedDifference:
    """A measure that differs, with its possible causes. `is_known` is False if a manifest is too old to contain a lineage."""

    difference: MeasureDifference
    causes: tuple[Cause, ...]
    is_known: bool


def find_causes(before: Manifest, after: Manifest) -> list[Cause]:
    """All changed inputs of two releases, the most specific kinds first."""
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


def explain_differences(before: Manifest, after: Manifest, differences: Iterable[MeasureDifference]) -> list[ExplainedDifference]:
    """Each difference with the causes in the lineage of its measure.

    The lineage is that of the later release: earlier versions recorded more than a measure reads. Code and versions may affect
    every measure. The as-of time changes in nearly every release, so it is a cause only if no other is found.
    """
    everything = find_causes(before, after)
    known = bool(before.made_of.lineage and after.made_of.lineage)
    explained = []
    for difference in differences:
        made_of = after.made_of.lineage.get(difference.measure_id) or before.made_of.lineage.get(difference.measure_id) or None
        causes = _of_measure(everything, made_of, is_redefined=bool(difference.registry))
        explained.append(ExplainedDifference(difference, causes, known))
    return explained


def causes_by_measure(before: Manifest, after: Manifest) -> dict[str, tuple[Cause, ...]]:
    """The changed inputs of each measure whose lineage is known. A changed definition is a difference, and no cause here.

    Unlike `explain_differences` it compares manifests alone: what it returns depends on no figure, shown or hidden.
    """
    everything, lineage = find_causes(before, after), after.made_of.lineage
    measures = sorted({*before.made_of.lineage} & {*lineage})
    return {measure: _of_measure(everything, lineage[measure], is_redefined=False) for measure in measures}


def _of_measure(causes: Iterable[Cause], made_of: Collection[str] | None, *, is_redefined: bool) -> tuple[Cause, ...]:
    """The causes in the lineage of a measure; all without a lineage (None). The as-of time is one where there is no other."""

    def concerns(cause: Cause) -> bool:
        if made_of is not None and (cause.kind, cause.name) == ("seed", REGISTRY_SEED):
            return is_redefined
        prefix = _LINEAGE_PREFIX.get(cause.kind)
        return made_of is None or prefix is None or f"{prefix} {cause.name}" in made_of

    found = tuple(cause for cause in causes if cause.kind != "as_of" and concerns(cause))
    return found or tuple(cause for cause in causes if cause.kind == "as_of")


def _loads(before: Manifest, after: Manifest) -> Iterator[Cause]:
    """Sources with other loads, without those whose content is what it was: a file that was replaced has returned."""
    for source in sorted({*before.loads, *after.loads}):
        first, second = before.loads.get(source, ()), after.loads.get(source, ())
        content = before.made_of.contents.get(source)
        if first != second and (content is None or content != after.made_of.contents.get(source)):
            new_loads = [load for load in second if load not in first]
            left = [load for load in first if load not in second]
            yield Cause("load", source, ", ".join(left) or None, ", ".join(new_loads) or None)


def _others(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Cause]:
    if not before or not after:  # the manifest of an earlier version does not contain them
        return
    for name in sorted({*before, *after}):
        first, second = before.get(name), after.get(name)
        if first != second:
            yield Cause(kind, name, _short(kind, first), _short(kind, second))


def _short(kind: str, value: str | None) -> str | None:
    return value if value is None or kind == "version" else value[:_SHORT]
