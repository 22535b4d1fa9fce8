-- one row per measure, period, place or part, race and stratum, with its population or the reason why it has none
with
populations as (
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        cast(null as varchar) as piece_tract_geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        moe,
        population_fit,
        interpolation_cv
    from {{ ref('fct_population') }}
    union all
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        tract_geoid as piece_tract_geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        null as moe,
        null as population_fit,
        null as interpolation_cv
    from {{ ref('int_population__by_intersection') }}
    where tract_vintage = '2020'
),

-- A month, quarter or year in which the map changed has no population of its own.
dated as (
    select
        filled.*,
        measures.kind,
        measures.population_scheme,
        coalesce(measures.age_universe, 'total') as age_universe,
        filled.period_type in ('month', 'quarter', 'year')
        and coalesce(
            filled.geography_type in ({{ type_names(dated_place_types()) }})
            and (vintages.valid_from > filled.period_start or vintages.valid_to < filled.period_end),
            false
        ) as is_incomplete
    from {{ ref('int_equity_measures__periods_pooled') }} as filled
    inner join {{ ref('dim_measure') }} as measures
        on filled.measure_id = measures.measure_id and filled.measure_version = measures.measure_version
    left join {{ ref('geography_vintages') }} as vintages
        on filled.geography_type = vintages.geography_type and filled.geography_vintage = vintages.geography_vintage
),

agreed as (
    select
        dated.* replace (coalesce(dated.population_fit, populations.population_fit) as population_fit),
        -- the residents of a pooled period are counted once for each of its years: person-years
        populations.population * dated.pooled_years as population,
        populations.moe * dated.pooled_years as population_moe,
        populations.interpolation_cv,
        -- the first of these that holds is what numerator and population disagree on
        case
            when dated.value_status <> 'computed' or dated.kind not in ('rate', 'amount_rate') then null
            when dated.population_scheme is null then case when dated.is_incomplete then 'period_incomplete' end
            when dated.jurisdiction <> city.city_geoid or dated.geoid = 'outside' then 'jurisdiction'
            when races.kind = 'missing' then 'race_missing'
            when schemes.race_standard is null or dated.race_standard <> schemes.race_standard then 'scheme'
            when schemes.race_standard = 'spd15_1997' and not races.is_in_spd15_1997 then 'scheme'
            when dated.tabulation <> 'exclusive' then 'tabulation'
            when dated.period_start < schemes.valid_from or dated.period_end > schemes.valid_to then 'period'
            when populations.population is null then 'geography'
            when dated.is_incomplete then 'period_incomplete'
        end as disagreement
    from dated
    cross join {{ ref('stg_receipts__settings') }} as city
    inner join {{ ref('dim_race_ethnicity') }} as races on dated.race_ethnicity_code = races.race_ethnicity_code
    left join {{ ref('population_schemes') }} as schemes on dated.population_scheme = schemes.population_scheme
    left join populations
        on
            {{ same_columns('dated', 'populations', [
                'population_scheme', 'age_universe', 'geography_type', 'geography_vintage', 'geoid',
            ]) }}
            and dated.piece_tract_geoid is not distinct from populations.piece_tract_geoid
            and dated.race_standard = populations.race_standard
            and dated.race_ethnicity_code = populations.race_ethnicity_code
),

final as (
    select
        * exclude (population, disagreement) replace (
            case when disagreement is not null then 'no_denominator' else value_status end as value_status,
            coalesce(disagreement, status_reason) as status_reason,
            case
                when kind in ('rate', 'amount_rate') and population_scheme is not null
                    then case when disagreement is null and value_status = 'computed' then population end
                else denominator
            end as denominator
        )
    from agreed
)

select * from final
