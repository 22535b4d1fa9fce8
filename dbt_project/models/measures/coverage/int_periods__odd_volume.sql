-- one row per source and whole period with far fewer or far more records than usual: half, or double, and not by chance
with
whole as (
    select
        source,
        period_type,
        period_start,
        records
    from {{ ref('int_periods__coverage') }}
    where is_complete and records is not null
),

-- the periods of the years before, and of them those of the same season
earlier as (
    select
        whole.source,
        whole.period_type,
        whole.period_start,
        whole.records,
        median(earlier.records) as usual_records,
        median(earlier.records) filter (where month(earlier.period_start) = month(whole.period_start)) as season_records
    from whole
    inner join whole as earlier
        on
            whole.source = earlier.source
            and whole.period_type = earlier.period_type
            and whole.period_start > earlier.period_start
            and whole.period_start - to_years(cast({{ rule('volume_history_years') }} as integer)) <= earlier.period_start
    group by all
    having count(*) >= {{ rule('volume_history_periods') }}
),

usual as (
    select
        *,
        case
            when records < usual_records then least(usual_records, coalesce(season_records, usual_records))
            -- where most periods have no record, one is not unusual
            else greatest(usual_records, season_records, 1)
        end as nearest_records
    from earlier
),

final as (
    select
        source,
        period_type,
        period_start,
        records,
        nearest_records,
        case when records < nearest_records then 'low' else 'high' end as volume
    from usual
    where
        (
            100 * records < {{ rule('volume_low_pct') }} * nearest_records
            or 100 * records > {{ rule('volume_high_pct') }} * nearest_records
        )
        -- Chernoff's bound of Poisson arrivals at the usual rate
        and nearest_records - records + case when records > 0 then records * ln(records / nearest_records) else 0 end
        > -ln({{ rule('volume_probability') }})
)

select * from final
