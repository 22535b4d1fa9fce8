-- one row per measure of persons, version, period, place, race standard, method and index, made of published figures
with
figures as (
    select *
    from {{ ref('equity_measures') }}
    where tabulation = 'exclusive' and stratum_type = 'all'
),

-- Every group of persons that an index could be made of, as it was reported, with what is published of it. The marts would show which
-- groups an erased or corrected record was counted in.
members as (
    select
        {{ index_columns('reported') }},
        reported.race_ethnicity_code,
        reported.numerator,
        reported.denominator,
        reported.known_numerator,
        reported.known_denominator,
        races.kind in ('category', 'combination') as is_known_race,
        coalesce(figures.publication_status <> 'suppressed' and figures.known_race_pct is not null, false) as is_shown,
        figures.denominator as weight,
        figures.value,
        figures.reference_code,
        measures.favourable_direction,
        races.kind in ('category', 'combination')
        and figures.value is not null
        and figures.denominator > 0
        and not coalesce(reported.has_few_events, false) as is_used
    from {{ ref('stg_disclosure__reported') }} as reported
    inner join {{ ref('dim_race_ethnicity') }} as races on reported.race_ethnicity_code = races.race_ethnicity_code
    left join {{ ref('dim_measure') }} as measures
        on reported.measure_id = measures.measure_id and reported.measure_version = measures.measure_version
    left join figures
        on
            {{ same_index('reported', 'figures') }}
            and reported.race_ethnicity_code = figures.race_ethnicity_code
    where
        reported.kind in ('proportion', 'rate')
        and races.kind in ('category', 'combination', 'combined_legacy')
        and reported.tabulation = 'exclusive'
        and reported.stratum_type = 'all'
),

-- An index can be solved for a hidden figure, and its presence reveals that two groups are reliable and race is known well enough:
-- unless all that it reveals is published, every index has the same status.
slices as (
    select
        {{ index_columns() }},
        bool_and(is_shown)
        -- no record of known race is in a group without a row
        and coalesce(abs(sum(numerator) filter (where is_known_race) - any_value(known_numerator)) < 1e-6, true)
        and coalesce(abs(sum(denominator) filter (where is_known_race) - any_value(known_denominator)) < 1e-6, true) as is_publishable
    from members
    group by all
),

estimated as (
    select members.*
    from members
    inner join slices on {{ same_index('members', 'slices') }}
    inner join figures
        on
            {{ same_index('members', 'figures') }}
            and members.race_ethnicity_code = figures.race_ethnicity_code
    where slices.is_publishable and figures.known_race_pct >= {{ rule('known_race_for_ratio') }}
),

indices_of_persons as (
    {{ index_values('estimated') }}
),

plain_of_persons as (
    {{ without_negative_zeros('indices_of_persons', ['value']) }}
),

-- no dissimilarity: it is made of counts of places, and no row of it shows whether these are published
kinds_of_index as (
    select distinct index_id
    from {{ ref('fct_disparity_indices') }}
    where not starts_with(index_id, 'dissimilarity')
),

final as (
    select
        {{ index_columns() }},
        index_id,
        'published' as publication_status,
        value,
        groups_used,
        groups_left_out
    from plain_of_persons
    union all
    select
        {{ index_columns('slices') }},
        kinds_of_index.index_id,
        'suppressed' as publication_status,
        cast(null as double) as value,
        cast(null as varchar) as groups_used,
        cast(null as varchar) as groups_left_out
    from slices
    cross join kinds_of_index
    left join {{ ref('dim_measure') }} as measures
        on slices.measure_id = measures.measure_id and slices.measure_version = measures.measure_version
    where
        not slices.is_publishable
        -- it needs a group to refer to
        and (kinds_of_index.index_id <> 'population_attributable_fraction' or measures.reference_rule in ('best', 'fixed'))
)

select * from final
