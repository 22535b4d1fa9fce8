-- one row per measure, period, place or part, race and stratum: what was counted, and places with residents in which nothing was
{%- set own = [
    'geoid', 'piece_tract_geoid', 'value_status', 'status_reason', 'numerator', 'denominator', 'value', 'ci_low', 'ci_high', 'records_count',
    'bound_low', 'bound_high', 'bound_source', 'numerator_low', 'numerator_high', 'rate_ratio_bound_low', 'rate_ratio_bound_high', 'population_fit', 'period_coverage_pct',
    'place_coverage_pct', 'geocoded_pct', 'bridged', 'publisher_quality', 'interval_method',
    'full_denominator', 'understated_denominator', 'bin_records', 'bin_races', 'limit_bin_records', 'limit_bin_races',
] %}
{%- set of_map = slice_columns() | reject('equalto', 'geoid') | list + ['race_ethnicity_code'] %}
with
completed as (
    select * from {{ ref('int_equity_measures__groups_filled') }}
),

-- A rate among residents of our city has zeros for places in which nothing happened, and so has a count on a map that held for the whole
-- period. `bridged` describes the records of a slice and is no part of its key: where it differs between places, a place without records
-- still gets one row.
slices as (
    select
        {%- for column in counts_columns() if column not in own %}
        completed.{{ column }},
        {%- endfor %}
        bool_or(completed.bridged) as bridged,
        bases.population_scheme,
        coalesce(measures.age_universe, 'total') as age_universe
    from completed
    inner join {{ ref('dim_measure') }} as measures
        on completed.measure_id = measures.measure_id and completed.measure_version = measures.measure_version
    inner join {{ ref('stg_receipts__settings') }} as city on completed.jurisdiction = city.city_geoid
    left join {{ ref('geography_vintages') }} as maps
        on completed.geography_type = maps.geography_type and completed.geography_vintage = maps.geography_vintage
    -- the places of a count are those with residents, as of a rate
    {{ joined_base(
        'coalesce(' ~ population_of('completed', 'measures') ~ ', ' ~ usual_population() ~ ')', "coalesce(measures.age_universe, 'total')", 'completed.geography_type',
        'completed.race_standard', 'completed.period_start',
    ) }}
    where
        completed.value_status = 'computed'
        and (
            (measures.kind in ('rate', 'amount_rate') and measures.population is not null)
            or (
                measures.kind = 'count'
                and completed.period_start >= coalesce(maps.valid_from, completed.period_start)
                and completed.period_end <= coalesce(maps.valid_to, completed.period_end)
            )
        )
    group by all
),

places as (
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        age_universe,
        cast(null as varchar) as piece_tract_geoid,
        'individual' as method
    from {{ ref('fct_population') }}
    where race_ethnicity_code = 'all' and population > 0 and geoid <> 'outside'
    union all
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        age_universe,
        tract_geoid,
        'place_weighted' as method
    from {{ ref('int_population__by_intersection') }}
    where race_ethnicity_code = 'all' and population > 0 and geoid <> 'outside' and tract_vintage = '2020'
),

absent as (
    select
        {%- for column in counts_columns() if column not in own %}
        slices.{{ column }},
        {%- endfor %}
        slices.bridged,
        places.geoid,
        places.piece_tract_geoid
    from slices
    inner join places
        on
            {{ same_columns('slices', 'places', [
                'population_scheme', 'age_universe', 'geography_type', 'geography_vintage', 'race_standard', 'method',
            ]) }}
    left join completed
        on
            {{ same_columns('slices', 'completed', of_map) }}
            and places.geoid = completed.geoid
            and places.piece_tract_geoid is not distinct from completed.piece_tract_geoid
    where completed.measure_id is null
),

united as (
    select * from completed
    union all by name
    select
        *,
        'computed' as value_status,
        cast(0 as double) as numerator
    from absent
),

-- the share of a group's records that a map places holds in every place of the map, also where the group has no record
final as (
    select
        * replace (
            max(geocoded_pct) over (
                partition by
                    measure_id, measure_version, source, period_type, period_start, geography_type, race_ethnicity_code, tabulation, method,
                    stratum_type, stratum_code
            ) as geocoded_pct
        )
    from united
)

select * from final
