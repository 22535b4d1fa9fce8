-- one row per measure and window of whole years that is finished, with the years of the window
with
-- The last months wait for toxicology: a year is finished once so many months after it have been delivered.
covered as (
    select
        causes.measure_id,
        deaths.source,
        deaths.jurisdiction,
        deaths.race_standard,
        year(min(deaths.occurred_on)) as first_year,
        last_day(max(deaths.occurred_on))
        - to_months(cast(max(if(causes.waits_for_toxicology, {{ rule('toxicology_months') }}, 0)) as integer)) as finished_until
    from {{ ref('fct_deaths_investigated') }} as deaths
    cross join {{ ref('death_causes') }} as causes
    group by all
),

single as (
    select distinct unnest(range(first_year, year(finished_until) + 1)) as of_year
    from covered
),

years as (
    select
        'year' as period_type,
        of_year as first_year,
        of_year as last_year
    from single
    union all
    select
        period_type,
        first_year,
        last_year
    from {{ ref('death_windows') }}
),

windows as (
    select
        covered.measure_id,
        covered.source,
        covered.jurisdiction,
        covered.race_standard,
        years.*,
        make_date(years.first_year, 1, 1) as period_start,
        make_date(years.last_year, 12, 31) as period_end
    from covered
    inner join years
        on covered.first_year <= years.first_year and make_date(years.last_year, 12, 31) <= covered.finished_until
)

select * from windows
