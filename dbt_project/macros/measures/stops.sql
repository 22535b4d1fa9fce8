{#
    Stops by period, perceived race and all races: in the whole jurisdiction, in each delivered precinct by year, and by the reason of
    the stop by year. `counts` are the columns of int_police_stops__aggregated to add up.
#}
{% macro stops_by_period_and_place(counts) -%}
    {%- set whole = jurisdiction_type('jurisdiction') -%}
    with
    days as (
        select
            stops.* exclude (stop_reason_code),
            -- a reason that is unknown is part of all stops and no stratum
            reasons.stratum_code as reason_code
        from {{ ref('int_police_stops__aggregated') }} as stops
        left join {{ ref('strata') }} as reasons
            on reasons.stratum_type = 'stop_reason' and stops.stop_reason_code = reasons.stratum_code
    ),

    days_and_all as (
        {{ and_all_races('days') }}
    ),

    periods as (
        {{ by_period('days_and_all') }}
    ),

    spread as (
        select
            *,
            unnest([
                { 'geography_type': {{ whole }}, 'geoid': jurisdiction, 'stratum_type': 'all', 'stratum_code': 'all' },
                {
                    'geography_type': 'police_precinct', 'geoid': police_precinct_geoid,
                    'stratum_type': 'all', 'stratum_code': 'all'
                },
                { 'geography_type': {{ whole }}, 'geoid': jurisdiction, 'stratum_type': 'stop_reason', 'stratum_code': reason_code }
            ]) as place
        from periods
    )

    select
        source,
        jurisdiction,
        period_type,
        period_start,
        period_end,
        place.geography_type as geography_type,
        'current' as geography_vintage,
        place.geoid as geoid,
        race_standard,
        race_ethnicity_code,
        'exclusive' as tabulation,
        'individual' as method,
        place.stratum_type as stratum_type,
        place.stratum_code as stratum_code,
        {%- for column in counts %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from spread
    where
        place.geoid is not null
        and place.stratum_code is not null
        and (period_type = 'year' or (place.geography_type <> 'police_precinct' and place.stratum_type = 'all'))
    group by all
{%- endmacro %}


{# A measure that is a share of stops: of those with an answer, or of all of them. #}
{% macro stops_share(measure_id, numerator, denominator) -%}
with
counted as (
    {{ stops_by_period_and_place([numerator, denominator]) }}
),

final as (
    select
        '{{ measure_id }}' as measure_id,
        1 as measure_version,
        * exclude ({{ numerator }}, {{ denominator }}),
        'computed' as value_status,
        cast(null as varchar) as status_reason,
        cast({{ numerator }} as double) as numerator,
        cast({{ denominator }} as double) as denominator
    from counted
)

select * from final
{%- endmacro %}
