-- one row per condition, year and 2010 tract: a modelled estimate with its interval
with
estimates as (
    select * from {{ ref('stg_mhd__chronic_disease') }}
),

-- an equal id is no equal place (CEN-01): only a tract that is one whole 2020 tract is the same
weights as (
    select *
    from {{ ref('int_places__weights') }}
    where weight >= 0.999
),

same_tracts as (
    select
        onward.from_geoid as geoid,
        onward.to_geoid as tract_geoid
    from weights as onward
    inner join weights as back on onward.from_geoid = back.to_geoid and onward.to_geoid = back.from_geoid
    where
        (onward.from_type, onward.from_vintage, onward.to_type, onward.to_vintage) = ('tract', '2010', 'tract', '2020')
        and (back.from_type, back.from_vintage, back.to_type, back.to_vintage) = ('tract', '2020', 'tract', '2010')
),

final as (
    select
        {{ event_columns('health_outcome', has_key=true) }},
        cast(null as date) as occurred_on,
        estimates.period_start,
        estimates.period_end,
        estimates.geography_type,
        estimates.geography_vintage,
        estimates.geoid,
        same_tracts.tract_geoid,
        cast(null as varchar) as aldermanic_district_geoid,
        cast(null as varchar) as aldermanic_district_vintage,
        cast(null as varchar) as police_district_geoid,
        cast(null as varchar) as neighborhood_geoid,
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
