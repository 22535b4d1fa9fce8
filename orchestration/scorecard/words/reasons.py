"""Give each measure without a figure its reason, for the page of what cannot be shown."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.scorecard.release_data.read_release import Measure

SHOWN, NO_OWN_RACE, NO_RECORDS, ONLY_PARTS = "shown", "no_own_race", "no_records", "only_parts"
# The order of the page; `availability.*` are their texts.
ORDER = (
    "not_delivered", "stand_in", "agreement_ended", "not_republished", "not_planned", "retired", "not_recorded", "not_observable",
    "contradicted", NO_RECORDS, "hidden_at_source", "hidden", "too_few", "by_topic", ONLY_PARTS, NO_OWN_RACE,
)  # fmt: skip


def reason(measure: Measure) -> str | None:
    """Return why a measure has no figure, or none by people's own race; None where it has both."""
    availability = str(measure.about["availability"])
    if availability != SHOWN:
        return availability
    if not measure.is_answered:
        return NO_RECORDS  # its figures are of smaller places, such as schools
    if measure.about["has_figures_by_race"] or any(row.has_only_a_range for row in measure.groups):
        return None
    return NO_OWN_RACE if measure.everyone is not None else ONLY_PARTS


def by_reason(measures: Iterable[Measure]) -> list[tuple[str, list[Measure]]]:
    """Return the measures of each reason, in the order of the page; a reason that is new comes before the last one."""
    found: dict[str, list[Measure]] = {}
    for measure in measures:
        code = reason(measure)
        if code is not None:
            found.setdefault(code, []).append(measure)
    return sorted(found.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER) - 1.5)
