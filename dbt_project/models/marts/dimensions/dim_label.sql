-- one row per code that readers see, and language
with
originals as (
    select
        'race_ethnicity' as subject,
        race_ethnicity_code as code,
        label
    from {{ ref('dim_race_ethnicity') }}
    union all
    select
        'measure' as subject,
        measure_id as code,
        name as label
    from {{ ref('dim_measure') }}
    where is_current
    union all
    select
        stratum_type as subject,
        stratum_code as code,
        label
    from {{ ref('dim_stratum') }}
    where stratum_type in ('engagement_theme', 'engagement_answer', 'declined_reason')
),

final as (
    select
        subject,
        code,
        'en' as language_code,
        label,
        'original' as review_status
    from originals
    union all
    select
        translated.subject,
        translated.code,
        translated.language_code,
        translated.label,
        translated.review_status
    from {{ ref('translated_labels') }} as translated
    inner join originals on translated.subject = originals.subject and translated.code = originals.code
)

select * from final
