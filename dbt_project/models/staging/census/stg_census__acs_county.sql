-- one row per line of a table, county, state or tract, and group: the estimate with its margin of error
with
typed as (
    select * from {{ source('landing', 'census__acs_county') }}
),

figures as (
    {{ figures_of_concepts('typed', 'acs_county', key=['area', 'first_year', 'last_year', 'geoid', 'state_code', 'county_code']) }}
),

conformed as (
    select
        'census__acs_county' as source,
        figures.origin.key as _record_hash,
        figures.origin.load as _load_id,
        figures.origin.file as _source_file,
        figures.origin.row as _source_row,
        figures.published_measure,
        concat_ws('-', figures.first_year, figures.last_year) as release,
        case
            when figures.area = 'tract' then 'tract'
            when figures.county_code = '000' then 'state'
            else 'county'
        end as geography_type,
        case when figures.area = 'tract' then maps.geography_vintage else 'current' end as geography_vintage,
        case when figures.area <> 'tract' and figures.county_code = '000' then figures.state_code else figures.geoid end as geoid,
        make_date(figures.first_year, 1, 1) as period_start,
        make_date(figures.last_year, 12, 31) as period_end,
        vocabularies.race_standard,
        cast(null as varchar) as race_ethnicity_reported,
        figures.race_ethnicity_code,
        'all' as stratum_type,
        'all' as stratum_code,
        cast(figures.value as double) as value,
        cast(null as double) as bound_low,
        cast(null as double) as bound_high,
        cast(figures.margin as double) as margin,
        cast(null as varchar) as publisher_quality,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        figures.value_missing_reason
    from figures
    left join {{ ref('geography_vintages') }} as maps
        on
            figures.area = maps.geography_type
            and make_date(figures.last_year, 12, 31) >= coalesce(maps.valid_from, make_date(figures.last_year, 1, 1))
            and make_date(figures.last_year, 12, 31) <= coalesce(maps.valid_to, make_date(figures.last_year, 12, 31))
            and figures.area = 'tract'
    left join {{ source('receipts', 'vocabularies') }} as vocabularies on vocabularies.vocabulary = 'census_pl94171'
)

select * from conformed
