-- one row per source
with
sources as (
    select * from {{ ref('dim_source') }}
),

-- The end of data of persons' records could be the day of one record. That of the reported figures does not change with it; where none
-- is reported, the last day of the quarter before.
reported as (
    select
        measures.source,
        max(figures.data_as_of) as data_as_of
    from {{ ref('equity_measures') }} as figures
    inner join {{ ref('dim_measure') }} as measures
        on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version
    group by measures.source
)

select
    sources.* replace (
        case
            when sources.is_protected
                then coalesce(reported.data_as_of, date_trunc('quarter', sources.data_as_of) - interval 1 day)
            else {{ without_time_of_day('sources.data_as_of') }}
        end as data_as_of
    )
from sources
left join reported on sources.source = reported.source
order by all
