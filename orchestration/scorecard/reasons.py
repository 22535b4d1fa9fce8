"""Give each measure without a figure its reason, for the page of what cannot be shown."""

from __future__ import annotations

from orchestration.scorecard.read_release import Measure

STAND_IN, NOT_DELIVERED, NOT_PUBLISHED = "stand_in", "not_delivered", "not_published"
NO_RACE, PLACES_ONLY = "no_race", "places_only"
# In the order of the page. `status.*` names the others.
WITHOUT_FIGURE = (
    NOT_DELIVERED, STAND_IN, "not_recorded", "not_observable", "hidden_at_source", "hidden", "too_few", "incomplete",
    "range_only", "nothing_to_compare", NOT_PUBLISHED,
)  # fmt: skip
WITHOUT_RACE = (NO_RACE, PLACES_ONLY)


def reason(measure: Measure) -> str | None:
    """Return why a measure has no figure, or no figure by people's own race; None where it has both."""
    if measure.is_answered:
        return _reason_without_race(measure)
    if measure.about["is_stand_in"]:
        return STAND_IN
    if not measure.about["has_rows"]:
        return NOT_PUBLISHED if measure.about["source_data_as_of"] else NOT_DELIVERED
    statuses = set(measure.about["status_codes"] or ())
    return next((code for code in WITHOUT_FIGURE if code in statuses), NOT_PUBLISHED)


def _reason_without_race(measure: Measure) -> str | None:
    bases = {row.basis for row in measure.groups if row.is_shown}
    if not bases:
        return NO_RACE
    return PLACES_ONLY if bases == {"where_people_live"} else None
