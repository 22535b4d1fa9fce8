-- one row per measure, period, place or part, race and stratum, with its population or the reason why it has none
with
-- A month, quarter or year in which the map changed has no population of its own, and its records are in part on each map.
dated as (
    select
        filled.*,
        measures.kind,
        {{ population_of('filled', 'measures') }} as population_name,
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
        bases.population_scheme,
        -- the residents of a pooled period are counted once for each of its years: person-years
        populations.population,
        populations.moe as population_moe,
        populations.interpolation_cv,
        -- the first of these that holds is what numerator and population disagree on
        case
            when dated.value_status <> 'computed' or dated.kind in ('count', 'sum', 'estimate') then null
            -- half a year on the new map is no year, which the city's figure is
            when dated.kind not in ('rate', 'amount_rate') then case when dated.is_incomplete then 'period_incomplete' end
            when dated.population_name is null then case when dated.is_incomplete then 'period_incomplete' end
            when dated.geoid = 'outside' then 'jurisdiction'
            -- records of the city, or of a county as a whole
            when
                dated.jurisdiction <> city.city_geoid and not (dated.geography_type = 'county' and dated.geoid = dated.jurisdiction)
                then 'jurisdiction'
            when races.kind = 'missing' then 'race_missing'
            when bases.population_scheme is null then 'scheme'
            when dated.race_standard = 'spd15_1997' and not races.is_in_spd15_1997 then 'scheme'
            when dated.tabulation <> 'exclusive' then 'tabulation'
            when not bases.is_in_force then 'period'
            when populations.population is null then 'geography'
            when dated.is_incomplete then 'period_incomplete'
        end as disagreement
    from dated
    cross join {{ ref('stg_receipts__settings') }} as city
    inner join {{ ref('dim_race_ethnicity') }} as races on dated.race_ethnicity_code = races.race_ethnicity_code
    left join {{ ref('int_equity_measures__bases') }} as bases
        on
            dated.population_name = bases.population
            and {{ same_columns('dated', 'bases', ['age_universe', 'geography_type', 'race_standard', 'period_start', 'period_end']) }}
    left join {{ ref('int_equity_measures__populations') }} as populations
        on
            bases.population_schemes = populations.population_schemes
            and {{ same_columns('dated', 'populations', [
                'age_universe', 'geography_type', 'geography_vintage', 'geoid', 'race_standard', 'race_ethnicity_code',
            ]) }}
            and dated.piece_tract_geoid is not distinct from populations.piece_tract_geoid
),

final as (
    select
        * exclude (population, population_name, disagreement) replace (
            case when disagreement is not null then 'no_denominator' else value_status end as value_status,
            coalesce(disagreement, status_reason) as status_reason,
            case
                -- an adjusted rate is no quotient
                when kind in ('rate', 'amount_rate') and population_name is not null and stratum_type <> 'adjustment'
                    then case when disagreement is null and value_status = 'computed' then population end
                else denominator
            end as denominator
        )
    from agreed
)

select * from final
