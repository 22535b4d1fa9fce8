-- one row per measure and language: the sentence of its gap, and its place on the home page where an editor chose one
{# A seed has the name headlines, and names are unique in dbt. #}
{{ config(alias='headlines') }}
with
final as (
    select
        headlines.measure_id,
        texts.language,
        headlines.sort_order,
        headlines.pattern,
        texts.text as sentence,
        texts.review_status,
        texts.reviewed_by
    from {{ ref('headlines') }} as headlines
    inner join {{ ref('dim_text') }} as texts
        on headlines.measure_id = texts.code and texts.subject in ('headline', 'headline_rest')
    inner join {{ ref('dim_measure') }} as measures
        on headlines.measure_id = measures.measure_id and measures.is_current
)

select * from final
order by all
