"""Claims of caveats that a release can refute, on the sample city and on the real deliveries.

A claim is a phrase of a caveat and the rows that would make it false for the measures that carry it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine

# phrase → query of rows that contradict it; {measures} are the measure_ids whose caveat holds the phrase
CLAIMS = {
    "read the value with its bounds": """
        select measure_id, race_ethnicity_code, known_race_pct from marts.fct_equity_measures
        inner join marts.dim_race_ethnicity using (race_ethnicity_code)
        where measure_id in ({measures}) and value is not null and kind in ('category', 'combination') and stratum_type = 'all'
            and known_race_pct < 100 and (bound_low is null or bound_high is null)""",
    "A value exists only where half of the requests were closed while they were followed": """
        select measures.measure_id, measures.geoid, measures.value, sources.follow_up_days
        from marts.fct_equity_measures as measures
        inner join marts.dim_measure as definitions using (measure_id, measure_version)
        inner join marts.dim_source as sources on definitions.source = sources.source
        where measures.measure_id in ({measures}) and measures.value > sources.follow_up_days""",
    "counts only records that a map assigns to a tract": """
        select weighted.measure_id, weighted.period_start, weighted.value, city.value as rate_of_all_records
        from marts.fct_equity_measures as weighted
        inner join marts.fct_equity_measures as city
            using (measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid,
                race_standard, race_ethnicity_code, tabulation, stratum_type, stratum_code)
        inner join marts.dim_measure as definitions using (measure_id, measure_version)
        -- the city is divided by the total of its year, and its tracts by the census
        inner join marts.fct_population as people
            on definitions.population_scheme = people.population_scheme and city.geoid = people.geoid
                and people.geography_type = 'city' and people.race_ethnicity_code = 'all' and people.age_universe = 'total'
                and people.race_standard = city.race_standard
        where definitions.population_scheme = 'pl_2020' and weighted.method = 'place_weighted' and city.method = 'individual'
            and weighted.geography_type = 'city'
            and weighted.race_ethnicity_code = 'all' and weighted.measure_id in ({measures})
            and weighted.value > city.value * city.denominator / people.population + 1e-6""",
    "there are no values by race": """
        select measure_id, race_ethnicity_code from marts.fct_equity_measures
        where measure_id in ({measures}) and race_ethnicity_code <> 'all'""",
    "no value exists where the horizon": """
        select measures.measure_id, measures.period_start, sources.follow_up_days
        from marts.fct_equity_measures as measures
        inner join marts.dim_measure as definitions using (measure_id, measure_version)
        inner join marts.dim_source as sources on definitions.source = sources.source
        where measures.measure_id in ({measures}) and measures.value is not null
            and sources.follow_up_until = 'days_after_start' and sources.follow_up_days < 5""",
    "its people are not counted but estimated": """
        select geography_type, geoid, race_ethnicity_code, population_fit, ci_method from marts.fct_equity_measures
        where measure_id in ({measures}) and geography_type in ('neighborhood', 'police_district') and value is not null
            and (population_fit not like 'estimated%'
                or reliability = 'reliable' and population_fit = 'estimated_poor'
                or race_ethnicity_code <> 'all' and ci_method is distinct from 'areal_interpolation')""",
    "The city is the sum of its tracts": """
        select city.period_start, city.numerator, sum(tract.foreclosures_count) as delivered
        from marts.fct_equity_measures as city
        inner join marts.fct_foreclosures_by_tract as tract on city.period_start = tract.period_start
        where city.measure_id in ({measures}) and city.geography_type = 'city' and city.method = 'aggregate'
            and city.period_type = 'year'
        group by all having abs(city.numerator - sum(tract.foreclosures_count)) > 1e-6""",
    "figures have no interval": """
        select measure_id, geoid, ci_low from marts.fct_equity_measures
        where measure_id in ({measures}) and ci_low is not null""",
    "One group a pupil": """
        select measure_id, tabulation from marts.fct_equity_measures
        where measure_id in ({measures}) and tabulation <> 'exclusive'""",
    "so that a month can be below zero": """
        select measure_id, value_status from marts.fct_equity_measures
        where measure_id in ({measures}) and numerator < 0 and value is null""",
    "A city without a reviewed list of tracts has no value": """
        select measure_id, geoid from marts.fct_equity_measures
        where measure_id in ({measures}) and value is not null
            and jurisdiction not in (select city_geoid from reference.qualified_census_tracts)""",
}


@pytest.mark.parametrize("phrase", CLAIMS)
def test_claim_holds_in_the_sample_city(phrase: str, first_release: tuple[Path, dict[str, Any]]) -> None:
    _check(phrase, CommandLine(first_release[0]))


@pytest.mark.real
@pytest.mark.xdist_group("real")
@pytest.mark.parametrize("phrase", CLAIMS)
def test_claim_holds_on_the_real_deliveries(phrase: str, milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    _check(phrase, milwaukee[0])


def _check(phrase: str, levelground: CommandLine) -> None:
    carriers = [
        row["measure_id"]
        for row in levelground.ask(f"select distinct measure_id from marts.dim_measure where contains(caveat, '{phrase}')")
    ]
    assert carriers, f"no caveat contains {phrase!r} any more: leave the claim out, or check its new words"
    wrong = levelground.ask(CLAIMS[phrase].format(measures=", ".join(f"'{measure}'" for measure in carriers)))
    assert not wrong, f"the caveat contains {phrase!r}, which these rows contradict: {wrong[:5]}"
