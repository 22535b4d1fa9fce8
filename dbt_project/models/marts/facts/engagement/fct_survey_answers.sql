-- one row per respondent and coded item: the answer, or why there is none
with
responses as (
    select * from {{ ref('fct_survey_responses') }}
),

delivered as (
    select * from {{ ref('stg_oei__resident_survey') }}
),

-- an item has an answer or a reason and never both, so that each item is in one of the two
answered as (
    {{ unpivoted('delivered', columns=['_record_hash'], names='item', values='answer', pattern='^q\\d+_[a-z0-9]+$') }}
),

unanswered as (
    {{ unpivoted('delivered', columns=['_record_hash'], names='reason_column', values='reason',
        pattern='^q\\d+_[a-z0-9]+_missing_reason$') }}
),

answers as (
    select
        _record_hash,
        item,
        answer,
        cast(null as varchar) as answer_missing_reason
    from answered
    union all
    select
        _record_hash,
        regexp_replace(reason_column, '_missing_reason$', '') as item,
        cast(null as integer) as answer,
        reason as answer_missing_reason
    from unanswered
),

final as (
    select
        {{ record_key("concat(responses.survey_response_key, '#', answers.item)") }} as survey_answer_key,
        responses.survey_response_key,
        responses.source,
        responses.jurisdiction,
        responses._load_id,
        responses._source_file,
        responses._source_row,
        responses.occurred_on,
        responses.period_start,
        responses.period_end,
        {{ null_place_columns() }},
        {{ race_columns() }},
        responses.wave,
        responses.survey_mode_code,
        answers.item,
        coalesce(items.scale, 'not_mapped') as scale,
        coalesce(items.is_rating, false) as is_rating,
        wordings.direction,
        -- without the question and the good end of its scale nothing can be called satisfaction (OEI-02)
        nullif(wordings.wording, '') is not null and wordings.direction in ('higher', 'lower') as is_confirmed,
        answers.answer,
        answers.answer_missing_reason
    from answers
    inner join responses on {{ record_key('answers._record_hash') }} = responses.survey_response_key
    left join {{ ref('survey_items') }} as items on answers.item = items.item
    left join {{ ref('survey_wordings') }} as wordings
        on responses.jurisdiction = wordings.jurisdiction and answers.item = wordings.item
)

select * from final
