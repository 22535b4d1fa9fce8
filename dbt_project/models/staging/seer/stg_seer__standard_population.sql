-- one row per standard population and age group of five years, the last one open; only standards whose first group is 0 to 4
with
typed as (
    select * from {{ source('landing', 'seer__standard_population') }}
),

-- with 19 groups the first year of life is one of its own, which estimates by five years of age do not have
split as (
    select distinct standard
    from typed
    where age_from > 0 and age_from < 5
),

final as (
    select
        'seer__standard_population' as source,
        typed._load_id,
        typed.standard,
        ages.age_group,
        typed.age_label,
        cast(typed.standard_population as double) as standard_population
    from typed
    inner join {{ ref('age_groups') }} as ages on typed.age_from = ages.first_age
    where typed.standard not in (select split.standard from split)
)

select * from final
