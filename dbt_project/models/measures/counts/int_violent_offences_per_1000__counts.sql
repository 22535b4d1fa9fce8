-- one row per declared period and place, or part of one: incidents with a homicide, an assault, a robbery or a sexual offence
with
tallied as (
    select
        {{ declared_period_and_place() }},
        {{ without_stratum() }},
        count(*) as incidents_count
    from {{ ref('fct_incidents') }}
    where is_homicide or is_assault or is_robbery or is_sex_offense
    group by all
),

final as (
    {{ counts_by_place('tallied', 'violent_offences_per_1000', {'numerator': 'sum(incidents_count)'}, records='incidents_count') }}
)

select * from final
