-- one row per period, place, reason and perceived race: stopped persons of the group; the whole is row `all`
with
counted as (
    {{ stops_by_period_and_place(['stops_count']) }}
),

final as (
    select
        'stops_by_race' as measure_id,
        1 as measure_version,
        * exclude (stops_count),
        'computed' as value_status,
        cast(null as varchar) as status_reason,
        cast(stops_count as double) as numerator,
        cast(max(stops_count) filter (where race_ethnicity_code = 'all') over whole as double) as denominator
    from counted
    window whole as (
        partition by jurisdiction, geography_type, geoid, race_standard, period_type, period_start, stratum_type, stratum_code
    )
)

select * from final
