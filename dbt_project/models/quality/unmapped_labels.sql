-- one row per source and race label that the crosswalk does not know
with
unmapped as (
    select
        source,
        'race_ethnicity' as "column",
        race_ethnicity_reported
    from {{ ref('fct_police_stops') }}
    where race_ethnicity_code = 'not_mapped'
    union all
    select
        source,
        'race_ethnicity' as "column",
        race_ethnicity_reported
    from {{ ref('fct_employees') }}
    where race_ethnicity_code = 'not_mapped'
    union all
    select
        source,
        'group_label' as "column",
        race_ethnicity_reported
    from {{ ref('fct_student_outcomes') }}
    where race_ethnicity_code = 'not_mapped'
),

final as (
    select
        unmapped.source,
        unmapped."column",
        sources.race_vocabulary as vocabulary,
        unmapped.race_ethnicity_reported as label,
        count(*) as "rows"
    from unmapped
    left join {{ ref('dim_source') }} as sources on unmapped.source = sources.source
    group by all
)

select * from final
