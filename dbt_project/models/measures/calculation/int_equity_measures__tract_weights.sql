-- one row per place, tract and race group: the value of their intersection and its weight among the group's residents
with
pieces as (
    select
        denominated.*,
        bases.population_scheme as weights_scheme,
        {{ unit_factor('measures.unit') }} as factor,
        coalesce(denominated.value / factor, denominated.numerator / nullif(denominated.denominator, 0)) as piece_value,
        -- how sure the value of a piece is: a proportion of n, a count in n, or a delivered estimate with its interval
        case denominated.kind
            when 'proportion' then piece_value * (1 - piece_value) / denominated.denominator
            when 'estimate' then pow((denominated.ci_high - denominated.ci_low) / factor / 2 / {{ rule('z_95') }}, 2)
            -- money is given by decision, not by chance: a sum of it is exact
            when 'amount_rate' then null
            else denominated.numerator / pow(denominated.denominator, 2)
        end as piece_variance
    from {{ ref('int_equity_measures__with_population') }} as denominated
    inner join {{ ref('dim_measure') }} as measures
        on denominated.measure_id = measures.measure_id and denominated.measure_version = measures.measure_version
    {{ joined_base(
        'coalesce(' ~ population_of('denominated', 'measures') ~ ', ' ~ usual_population() ~ ')', 'denominated.age_universe', 'denominated.geography_type',
        'denominated.race_standard', 'denominated.period_start',
    ) }}
    where
        denominated.method = 'place_weighted'
        and denominated.value_status = 'computed'
        and (denominated.denominator > 0 or denominated.kind = 'estimate')
        and denominated.geoid <> 'outside'
),

residents as (
    select * from {{ ref('int_population__by_intersection') }}
),

groups as (
    select
        * exclude (tract_geoid, population),
        {{ sum_in_order('population') }} as group_population
    from residents
    group by all
),

lived as (
    select
        {{ slice('pieces') }},
        residents.race_ethnicity_code,
        pieces.piece_tract_geoid,
        pieces.source,
        pieces.jurisdiction,
        pieces.period_end,
        pieces.kind,
        pieces.geocoded_pct,
        pieces.is_incomplete,
        pieces.period_coverage_pct,
        pieces.factor,
        pieces.piece_value,
        pieces.piece_variance,
        case pieces.kind when 'amount_rate' then pieces.records_count else pieces.numerator end as piece_events,
        residents.population,
        groups.group_population,
        everybody.group_population as place_population
    from pieces
    left join {{ ref('delivered_code_vintages') }} as vintages
        on pieces.source = vintages.source and vintages.geography_type = 'tract'
    inner join residents
        on
            pieces.weights_scheme = residents.population_scheme
            and {{ same_columns('pieces', 'residents', [
                'age_universe', 'geography_type', 'geography_vintage', 'geoid', 'race_standard',
            ]) }}
            and pieces.piece_tract_geoid = residents.tract_geoid
            and coalesce(vintages.geography_vintage, '2020') = residents.tract_vintage
    {%- for relation, code in [('groups', 'residents.race_ethnicity_code'), ('everybody', "'all'")] %}
    inner join groups{{ ' as everybody' if relation == 'everybody' }}
        on
            residents.population_scheme = {{ relation }}.population_scheme
            and residents.age_universe = {{ relation }}.age_universe
            and residents.geography_type = {{ relation }}.geography_type
            and residents.geography_vintage = {{ relation }}.geography_vintage
            and residents.geoid = {{ relation }}.geoid
            and residents.tract_vintage = {{ relation }}.tract_vintage
            and residents.race_standard = {{ relation }}.race_standard
            and {{ code }} = {{ relation }}.race_ethnicity_code
    {%- endfor %}
    where residents.population > 0
),

covered as (
    select
        {{ slice() }},
        race_ethnicity_code,
        {{ sum_in_order('population') }} as covered_population
    from lived
    group by all
),

final as (
    select
        lived.*,
        covered.covered_population,
        lived.population / covered.covered_population as weight
    from lived
    inner join covered on {{ same_slice('lived', 'covered') }} and lived.race_ethnicity_code = covered.race_ethnicity_code
)

select * from final
