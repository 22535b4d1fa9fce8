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
),

-- a table of many places may have none for the city or the county that the contract names
estimates as (
    select
        contracts.source,
        bool_or(figures.geoid = contracts.jurisdiction) as has_rows_of_place
    from {{ ref('fct_published_estimates') }} as figures
    inner join sources as contracts on figures.source = contracts.source
    group by contracts.source
)

select
    sources.* replace (
        case
            when sources.is_protected
                then coalesce(reported.data_as_of, date_trunc('quarter', sources.data_as_of) - interval 1 day)
            else {{ without_time_of_day('sources.data_as_of') }}
        end as data_as_of
    ),
    estimates.has_rows_of_place
from sources
left join estimates on sources.source = estimates.source
left join reported on sources.source = reported.source
order by all
