-- one row per code that readers see, and language
with
texts as (
    select * from {{ ref('dim_text') }}
),

final as (
    select
        texts.subject,
        texts.code,
        texts.language as language_code,
        texts.text as label,
        -- English labels are the originals of the translations
        case when texts.language = 'en' then 'original' else texts.review_status end as review_status,
        races.kind,
        coalesce(races.sort_order, strata.sort_order) as sort_order
    from texts
    left join {{ ref('dim_race_ethnicity') }} as races on texts.subject = 'race_ethnicity' and texts.code = races.race_ethnicity_code
    left join {{ ref('dim_stratum') }} as strata on texts.subject = strata.stratum_type and texts.code = strata.stratum_code
    where
        texts.subject not in (
            'measure_question', 'measure_caveat', 'sentence', 'page', 'period', 'residents', 'quantity', 'reference_in_sentence'
        )
)

select * from final
