-- one row per stratum that a fact or a measure may carry
with
named as (
    select
        stratum_type,
        stratum_code,
        label,
        sort_order
    from {{ ref('strata') }}
),

hours as (
    select
        'hour' as stratum_type,
        cast(range as varchar) as stratum_code,
        concat(lpad(cast(range as varchar), 2, '0'), ':00 to ', lpad(cast(range as varchar), 2, '0'), ':59') as label,
        cast(range as integer) as sort_order
    from range(24)
),

-- what a survey asked, and how it was answered
items as (
    select
        items.item,
        coalesce(nullif(wordings.wording, ''), items.item) as label,
        cast(row_number() over (order by items.item) as integer) as sort_order
    from {{ ref('survey_items') }} as items
    -- the questionnaire of the survey that is delivered
    left join {{ ref('stg_receipts__agreements') }} as survey on survey.source = 'oei__resident_survey'
    left join {{ ref('survey_wordings') }} as wordings
        on survey.jurisdiction = wordings.jurisdiction and items.item = wordings.item
    where items.is_rating
),

modes as (
    select * from named
    where stratum_type = 'survey_mode'
),

languages as (
    select
        'language' as stratum_type,
        language_code as stratum_code,
        label,
        100 + sort_order as sort_order
    from {{ ref('languages') }}
),

-- labels that come with the data are members as they come
labels as (
    select
        'department' as stratum_type,
        {{ stratum_code_of('spending_department_name') }} as stratum_code
    from {{ ref('fct_payments') }}
    union
    select
        'violation' as stratum_type,
        {{ stratum_code_of('violation_reported') }} as stratum_code
    from {{ ref('fct_court_cases') }}
    union
    select
        'request_type' as stratum_type,
        {{ stratum_code_of('request_type') }} as stratum_code
    from {{ ref('fct_service_requests') }}
),

final as (
    select * from named
    union all
    select * from hours
    union all
    select * from languages
    union all
    select
        'survey_item' as stratum_type,
        item as stratum_code,
        label,
        sort_order
    from items
    union all
    select
        'survey_item_mode' as stratum_type,
        concat(items.item, '/', modes.stratum_code) as stratum_code,
        concat(items.label, ', ', modes.label) as label,
        100 * items.sort_order + modes.sort_order as sort_order
    from items
    cross join modes
    union all
    select
        stratum_type,
        stratum_code,
        stratum_code as label,
        cast(row_number() over (partition by stratum_type order by stratum_code) as integer) as sort_order
    from labels
    where stratum_code is not null
)

select * from final
