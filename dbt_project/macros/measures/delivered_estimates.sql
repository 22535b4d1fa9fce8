{#
    Estimates that come with their interval, by tract, as a measure: each tract as it is, and as a part of the city, so that the
    engine weighs them by where people live. A rate does not move from tract to tract; people do not live in a mean.
#}
{% macro delivered_estimates(relation, measure_id) -%}
    select
        '{{ measure_id }}' as measure_id,
        1 as measure_version,
        estimates.source,
        estimates.jurisdiction,
        'year' as period_type,
        estimates.period_start,
        estimates.period_end,
        places.place.geography_type as geography_type,
        places.place.geography_vintage as geography_vintage,
        places.place.geoid as geoid,
        places.place.piece_tract_geoid as piece_tract_geoid,
        {{ without_race() }},
        places.place.method as method,
        {{ without_stratum() }},
        estimates.value_status,
        case when estimates.value_status <> 'computed' then estimates.estimate_pct_missing_reason end as status_reason,
        cast(estimates.estimate_pct as double) as value,
        cast(estimates.estimate_pct_low as double) as ci_low,
        cast(estimates.estimate_pct_high as double) as ci_high
    from {{ relation }} as estimates
    cross join {{ ref('stg_receipts__settings') }} as city
    cross join lateral (
        select unnest([
            {
                'geography_type': estimates.geography_type, 'geography_vintage': estimates.geography_vintage,
                'geoid': estimates.geoid, 'piece_tract_geoid': null, 'method': 'aggregate'
            },
            {
                'geography_type': 'city', 'geography_vintage': 'current', 'geoid': city.city_geoid,
                'piece_tract_geoid': estimates.geoid, 'method': 'place_weighted'
            }
        ]) as place
    ) as places
{%- endmacro %}
