-- one row per language in which the city receives input and informs people
with
languages as (
    select * from {{ ref('languages') }}
),

planning as (
    {{ planning_parameters() }}
),

final as (
    select
        languages.language_code,
        languages.label,
        languages.own_name,
        languages.language_group_code,
        kinds.label as language_group_label,
        languages.is_told_apart,
        planning.planning_share_pct,
        planning.planning_people,
        languages.sort_order,
        languages.note,
        coalesce(languages.tag, languages.language_code) as tag,
        languages.locale,
        coalesce(languages.direction, 'ltr') as direction,
        languages.font,
        coalesce(
            languages.is_translated,
            languages.language_code = 'en'
            {%- for language in translations() %}
            or languages.language_code = '{{ language }}'
            {%- endfor %}
        ) as is_translated
    from languages
    left join {{ ref('language_groups') }} as kinds on languages.language_group_code = kinds.language_group_code
    left join planning on true
)

select * from final
