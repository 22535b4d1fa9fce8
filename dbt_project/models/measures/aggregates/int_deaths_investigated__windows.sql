-- one row per measure and window of whole years that is finished, with the years of the window
{%- set causes = [('homicide_deaths_yearly', '0'), ('drug_deaths_yearly', rule('toxicology_months'))] %}
with
-- The last months wait for toxicology: a year is finished once so many months after it have been delivered.
covered as (
    {%- for measure_id, months_open in causes %}
    select
        '{{ measure_id }}' as measure_id,
        source,
        jurisdiction,
        race_standard,
        year(min(occurred_on)) as first_year,
        last_day(max(occurred_on)) - to_months(cast({{ months_open }} as integer)) as finished_until
    from {{ ref('fct_deaths_investigated') }}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

residents as (
    select * from {{ ref('int_population__county_years') }}
),

years as (
    select distinct
        'year' as period_type,
        year(reference_on) as first_year,
        year(reference_on) as last_year
    from residents
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
