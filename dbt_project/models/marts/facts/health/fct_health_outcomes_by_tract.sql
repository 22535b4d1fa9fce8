-- one row per condition, year and 2010 tract: a modelled estimate with its interval
with
estimates as (
    select * from {{ ref('stg_mhd__chronic_disease') }}
),

same_tracts as (
    {{ same_tracts() }}
),

final as (
    select
        {{ event_columns('health_outcome', has_key=true, is_public=true) }},
        cast(null as date) as occurred_on,
        estimates.period_start,
        estimates.period_end,
        estimates.geography_type,
        estimates.geography_vintage,
        estimates.geoid,
        {{ null_piece_columns({'tract_geoid': 'same_tracts.tract_geoid'}) }},
        'delivered_code' as geocode_quality,
        estimates.condition_code,
        estimates.condition_reported,
        estimates.age_universe,
        estimates.estimate_pct,
        estimates.estimate_pct_low,
        estimates.estimate_pct_high,
        estimates.estimate_pct_missing_reason,
        case when estimates.estimate_pct is null then 'not_collected' else 'computed' end as value_status,
        true as is_modelled,
        estimates.is_unstable,
        estimates.data_origin
    from estimates
    left join same_tracts on estimates.geoid = same_tracts.geoid
)

select * from final
