-- one row per source and race label that the crosswalk does not know
with
unmapped as (
    {%- for people in facts_with_race() %}
    select
        source,
        '{{ people.column }}' as "column",
        {{ people.get('reported', 'race_ethnicity_reported') }} as race_ethnicity_reported
    from {{ ref(people.fact) }}
    where {{ people.get('code', 'race_ethnicity_code') }} = 'not_mapped' {{ 'and is_latest_snapshot' if people.is_stock }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
