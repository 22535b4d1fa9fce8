-- one row per text that readers see, and language
with
-- English where the code is defined
named as (
    select
        'race_ethnicity' as subject,
        race_ethnicity_code as code,
        label as text
    from {{ ref('dim_race_ethnicity') }}
    -- its texts are reference_group.rest and reference_in_sentence.rest
    where race_ethnicity_code <> 'rest'
    union all
    select
        unnest(['measure', 'measure_question']) as subject,
        measure_id as code,
        unnest([name, question]) as text
    from {{ ref('dim_measure') }}
    where is_current
    union all
    select
        stratum_type as subject,
        stratum_code as code,
        label as text
    from {{ ref('dim_stratum') }}
    where stratum_type in ('engagement_theme', 'engagement_answer', 'declined_reason')
    union all
    select
        'department' as subject,
        department as code,
        -- a shared name is one city's: readers see the kind of records until a layer names the department
        coalesce(records, name || coalesce(format(' (formerly {}, renamed in {})', formerly, strftime(renamed_on, '%B %Y')), '')) as text
    from {{ ref('dim_department') }}
    union all
    select
        'goal' as subject,
        goal_id as code,
        title as text
    from {{ ref('dim_goal') }}
),

originals as (
    select
        concat(subject, '.', code) as text_id,
        text,
        'none' as review_status,
        cast(null as varchar) as reviewed_by
    from named
    union all
    select
        text_id,
        text,
        review_status,
        reviewed_by
    from {{ ref('texts_en') }}
),

translated as (
    {%- for language in translations() %}
    select
        text_id,
        '{{ language }}' as language,
        text,
        review_status,
        reviewed_by
    from {{ ref('texts_' ~ language) }}
    union all
    {%- endfor %}
    select
        text_id,
        'en' as language,
        text,
        review_status,
        reviewed_by
    from originals
),

-- texts of a language that the city does not offer stay in the seed
final as (
    select translated.*
    from translated
    semi join originals on translated.text_id = originals.text_id
    semi join {{ ref('dim_language') }} as offered on translated.language = offered.language_code and offered.is_translated
)

select
    text_id,
    split_part(text_id, '.', 1) as subject,
    substr(text_id, strpos(text_id, '.') + 1) as code,
    language,
    text,
    review_status,
    reviewed_by
from final
