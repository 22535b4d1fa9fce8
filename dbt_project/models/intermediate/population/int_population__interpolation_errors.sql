-- one row per factor, weight basis, cut tract, map and race: the largest error of the parts of the tract, in units of the yardstick
{#
    How far interpolated people are off where blocks know better: a tract that a district line cuts is interpolated by addresses and by
    areas, and compared with its blocks. The yardstick is the error of parts drawn from blocks at random (int_population__block_dispersion).
#}
with
known as (
    select *
    from {{ ref('int_population__by_intersection') }}
    where tract_vintage = '2020' and geography_type <> 'city' and age_universe = 'total' and is_counted is not false
),

-- how each basis would divide a tract
weights as (
    select
        from_geoid as tract_geoid,
        to_type,
        to_vintage,
        to_geoid,
        weight_basis,
        amount / sum(amount) over (partition by from_geoid, to_type, to_vintage, weight_basis) as weight
    from {{ ref('int_places__overlaps') }}
    where
        from_type = 'tract'
        and from_vintage = '2020'
        and is_in_city
        and weight_basis <> 'population'
        and (to_type, to_vintage) in (select (known.geography_type, known.geography_vintage) from known)
),

parts as (
    select
        weights.*,
        dispersed.race_standard,
        dispersed.race_ethnicity_code,
        dispersed.population,
        dispersed.population_squares,
        dispersed.population_by_everybody,
        dispersed.everybody_squares,
        dispersed.population / dispersed.everybody as group_share,
        coalesce(known.population, 0) as known_population,
        coalesce(known_everybody.population, 0) as known_everybody
    from weights
    inner join {{ ref('int_population__block_dispersion') }} as dispersed
        on weights.tract_geoid = dispersed.tract_geoid and dispersed.age_universe = 'total'
    {%- for relation, code in [('known', 'dispersed.race_ethnicity_code'), ('known_everybody', "'all'")] %}
    left join known{{ ' as known_everybody' if relation != 'known' }}
        on
            weights.tract_geoid = {{ relation }}.tract_geoid
            and weights.to_type = {{ relation }}.geography_type
            and weights.to_vintage = {{ relation }}.geography_vintage
            and weights.to_geoid = {{ relation }}.geoid
            and dispersed.race_standard = {{ relation }}.race_standard
            and {{ code }} = {{ relation }}.race_ethnicity_code
    {%- endfor %}
    -- a sliver holds a block or none, and ten people no distribution
    where
        dispersed.population >= {{ rule('interpolation_least_people') }}
        and least(weights.weight, 1 - weights.weight) >= {{ rule('interpolation_least_weight') }} / 100
),

errors as (
    select
        *,
        abs(known_population - weight * population) / nullif(sqrt(weight * (1 - weight) * population_squares), 0) as count_error,
        abs(known_population - group_share * known_everybody) / nullif(sqrt(greatest(
            weight * (1 - weight)
            * (population_squares - 2 * group_share * population_by_everybody + pow(group_share, 2) * everybody_squares), 0
        )), 0) as share_error
    from parts
),

{%- set of_everybody, of_groups = "race_ethnicity_code = 'all'", "race_ethnicity_code <> 'all'" %}

-- the parts of one tract are off together
units as (
    {%- for name, error, condition in [
        ('everybody', 'count_error', of_everybody), ('group', 'count_error', of_groups), ('share', 'share_error', of_groups)
    ] %}
    select
        '{{ name }}' as factor_name,
        weight_basis,
        tract_geoid,
        to_type,
        to_vintage,
        race_ethnicity_code,
        max({{ error }}) as error
    from errors
    where {{ condition }} and {{ error }} is not null
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from units
