-- one row per population, age universe, type of place, race standard and period of a rate: the schemes that serve its years
with
counted as (
    select distinct
        counts.measure_id,
        {{ population_of('counts', 'measures') }} as population,
        coalesce(measures.age_universe, 'total') as age_universe,
        counts.geography_type,
        counts.race_standard,
        counts.period_type,
        counts.period_start,
        counts.period_end
    from {{ ref('int_equity_measures__unioned') }} as counts
    inner join {{ ref('dim_measure') }} as measures
        on counts.measure_id = measures.measure_id and counts.measure_version = measures.measure_version
    where measures.population is not null
),

windows as (
    select
        counted.*,
        {{ pooled_window('counted') }}
    from counted
    {{ joined_pooled_periods('counted') }}
),

periods as (
    select
        population,
        age_universe,
        geography_type,
        race_standard,
        period_start,
        period_end,
        -- a window of whole years of its own
        if(period_type = 'multi_year', year(period_end) - year(period_start) + 1, 1) as pooled_years
    from counted
    union
    select
        population,
        age_universe,
        geography_type,
        race_standard,
        window_start as period_start,
        window_end as period_end,
        pooled_years
    from windows
),

-- each pooled year has its own base
years as (
    select
        *,
        unnest(range(pooled_years)) as years_before,
        cast(period_start + to_years(cast(years_before as integer)) as date) as first_day,
        case
            when pooled_years = 1 then period_end
            else cast(first_day + interval 1 year - interval 1 day as date)
        end as last_day
    from periods
),

final as (
    select
        years.population,
        years.age_universe,
        years.geography_type,
        years.race_standard,
        years.period_start,
        years.period_end,
        list(bases.population_scheme order by years.years_before) as population_schemes,
        arg_max(bases.population_scheme, years.years_before) as population_scheme,
        bool_and(years.first_day >= bases.valid_from and years.last_day <= bases.valid_to) as is_in_force
    from years
    {{ joined_base('years.population', 'years.age_universe', 'years.geography_type', 'years.race_standard', 'years.first_day') }}
    group by all
)

select * from final
