-- one row per measure, county or state, and group: the figure as published, with its interval and its counts
with
typed as (
    select * from {{ source('landing', 'chr__county_health') }}
),

figures as (
    {#- the names that a merge leaves (numerator.x) are of the measure of their file #}
    {{ figures_of_concepts(
        'typed', 'chr_county_health', key=['release', 'period_start', 'period_end', 'state_code', 'county_code'],
        among='starts_with(columns.published_measure, typed.measure)'
    ) }}
),

conformed as (
    select
        'chr__county_health' as source,
        figures.origin.key as _record_hash,
        figures.origin.load as _load_id,
        figures.origin.file as _source_file,
        figures.origin.row as _source_row,
        figures.published_measure,
        figures.release,
        case figures.county_code when '000' then 'state' else 'county' end as geography_type,
        'current' as geography_vintage,
        case figures.county_code when '000' then figures.state_code else figures.state_code || figures.county_code end as geoid,
        figures.period_start,
        figures.period_end,
        vocabularies.race_standard,
        cast(null as varchar) as race_ethnicity_reported,
        figures.race_ethnicity_code,
        'all' as stratum_type,
        'all' as stratum_code,
        cast(figures.value as double) as value,
        cast(figures.low as double) as bound_low,
        cast(figures.high as double) as bound_high,
        cast(null as double) as margin,
        cast(null as varchar) as publisher_quality,
        cast(figures.numerator as double) as numerator,
        cast(figures.denominator as double) as denominator,
        figures.value_missing_reason
    from figures
    left join {{ source('receipts', 'vocabularies') }} as vocabularies on vocabularies.vocabulary = 'census_pl94171'
)

select * from conformed
