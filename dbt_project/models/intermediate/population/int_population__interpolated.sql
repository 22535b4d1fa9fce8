-- one row per population scheme, place on a map without census counts, race and age universe: people moved there, and their error
{%- set place = ['population_scheme', 'geography_type', 'geography_vintage', 'geoid'] %}
with
parts as (
    select * from {{ ref('int_population__moved') }}
),

moved as (
    select
        {{ place | join(', ') }},
        race_standard,
        race_ethnicity_code,
        age_universe,
        source,
        {{ sum_in_order('population') }} as population,
        {{ margin_of_sum('population', 'moe') }} as moe,
        {{ sum_in_order('tract_population') }} as most_people,
        {{ sum_in_order('population_variance') }} as population_variance,
        {{ sum_in_order('population_squares') }} as population_squares,
        {{ sum_in_order('population_by_everybody') }} as population_by_everybody,
        {{ sum_in_order('everybody_squares') }} as everybody_squares,
        {{ sum_in_order('children_squares') }} as children_squares,
        {{ sum_in_order('children_by_population') }} as children_by_population
    from parts
    group by all
),

fitted as (
    select
        {{ place | join(', ') }},
        sum(population) as population,
        coalesce(sum(population) filter (where fit_quality = 'poor'), 0) as poor,
        coalesce(sum(population) filter (where fit_quality in ('poor', 'fair')), 0) as fair,
        coalesce(sum(population) filter (where fit_quality <> 'exact'), 0) as good,
        {{ rule('fit_worst_share') }} / 100 as worst_share
    from parts
    where race_ethnicity_code = 'all' and age_universe = 'total'
    group by all
),

-- how well the maps fit: the worst fit by which more than a share of a place's people come
totals as (
    select
        {{ place | join(', ') }},
        case
            when poor > worst_share * population then 'poor'
            when fair > worst_share * population then 'fair'
            when good > worst_share * population then 'good'
            else 'exact'
        end as fit_quality
    from fitted
),

shares as (
    select
        moved.*,
        totals.fit_quality,
        moved.population / nullif(everybody.population, 0) as group_share,
        everybody.population as everybody,
        moved.population_squares - 2 * group_share * moved.population_by_everybody + pow(group_share, 2) * moved.everybody_squares
            as share_squares,
        1 - adults.population / nullif(moved.population, 0) as children_share,
        moved.children_squares - 2 * children_share * moved.children_by_population + pow(children_share, 2) * moved.population_squares
            as children_share_squares
    from moved
    inner join totals
        on {{ same_columns('moved', 'totals', ['population_scheme', 'geography_type', 'geography_vintage', 'geoid']) }}
    inner join moved as everybody
        on
            {{ same_columns('moved', 'everybody', [
                'population_scheme', 'geography_type', 'geography_vintage', 'geoid', 'race_standard', 'age_universe',
            ]) }}
            and everybody.race_ethnicity_code = 'all'
    left join moved as adults
        on
            {{ same_columns('moved', 'adults', [
                'population_scheme', 'geography_type', 'geography_vintage', 'geoid', 'race_standard', 'race_ethnicity_code',
            ]) }}
            and moved.age_universe = 'total'
            and adults.age_universe = '18_and_over'
),

final as (
    select
        {{ place | join(', ') }},
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        moe,
        source,
        fit_quality,
        case
            when sqrt(population_variance) <= {{ rule('population_fit_good') }} / 100 * population then 'estimated_good'
            when sqrt(population_variance) <= {{ rule('population_fit_fair') }} / 100 * population then 'estimated_fair'
            else 'estimated_poor'
        end as population_fit,
        -- half the width of the interval of people, of their share of everybody, and of the share of children among them
        sqrt(population_variance) as population_error,
        population_error / nullif(population, 0) / {{ rule('z_95') }} as interpolation_cv,
        -- a sum of squares whose last digit may fall below zero; greatest() would make a number of NULL
        sqrt(case when share_squares < 0 then 0 else share_squares end) / nullif(everybody, 0) as share_error,
        sqrt(case when children_share_squares < 0 then 0 else children_share_squares end) / nullif(population, 0) as children_share_error,
        -- a place has at least no people, and at most those of its tracts
        greatest(population - population_error, 0) as ci_low,
        least(population + population_error, greatest(most_people, population)) as ci_high
    from shares
)

select * from final
