-- one row per declared period and place, or part of one: incidents with a homicide, an assault, a robbery or a sexual offence
with
tallied as (
    select
        source,
        jurisdiction,
        {{ declared_period_type() }} as period_type,
        period_start,
        period_end,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }},
        count(*) as incidents_count
    from {{ ref('fct_incidents') }}
    where is_homicide or is_assault or is_robbery or is_sex_offense
    group by all
),

with_place as (
    {{ by_place('tallied', 'violent_offences_per_1000', {'numerator': 'sum(incidents_count)'}, records='incidents_count') }}
),

final as (
    select
        'violent_offences_per_1000' as measure_id,
        1 as measure_version,
        *
    from with_place
)

select * from final
