-- one row per closed year and theme: inputs, and their results when the year was closed
with
answers as (
    select
        *,
        cast(date_trunc('year', occurred_on) as date) as period_start,
        last_day(period_start + interval 11 months) as period_end,
        -- a year is closed 30 days after its end (docs/rules.md, Publication plan); later answers do not change it
        period_end + 30 as closed_on,
        case when theme_code in ('not_mapped', 'not_collected') then 'other' else theme_code end as shown_theme_code,
        case when is_answered and told_on <= closed_on then answer_code else 'pending' end as fate
    from ({{ inputs_with_answers() }})
),

-- a language, reason or file of fewer answers than the threshold is not shown: its answer may be to the only speaker
thresholds as (
    select
        greatest(max(city.value), max(sources.suppress_below)) as threshold,
        coalesce(bool_and(sources.republish = 'allowed'), true) as may_be_published
    from {{ publication_rules_in_force() }} as city
    left join {{ ref('dim_source') }} as sources on sources.source in ('oei__engagement_inputs', 'oei__engagement_responses')
    where city.rule = 'suppress_below' and city.source is null
),

closed as (
    select answers.*
    from answers
    cross join thresholds
    cross join {{ ref('stg_receipts__clock') }} as clock
    where
        answers.closed_on <= cast(clock.as_of as date)
        and answers.closed_on <= answers.follow_up_end
        and thresholds.may_be_published
),

response_details as (
    {%- for detail, of in [
        ('language', 'unnest(told_language_codes)'), ('reason', 'declined_reason_code'), ('reference', 'decision_reference')
    ] %}
    select
        jurisdiction,
        period_start,
        shown_theme_code,
        '{{ detail }}' as detail,
        {{ of }} as word
    from closed
    where fate <> 'pending'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

shared as (
    select
        response_details.jurisdiction,
        response_details.period_start,
        response_details.shown_theme_code,
        response_details.detail,
        response_details.word
    from response_details
    cross join thresholds
    where response_details.word not in ('not_collected', 'not_mapped')
    group by all
    -- a reference is the number of a file of the Council; anything else in its place is not shown
    having
        count(*) >= max(thresholds.threshold)
        and (response_details.detail <> 'reference' or regexp_full_match(response_details.word, '[A-Z0-9][A-Z0-9-]{2,19}'))
),

details as (
    select
        jurisdiction,
        period_start,
        shown_theme_code,
        list_sort(list(word) filter (where detail = 'language')) as told_in_languages,
        list_sort(list(word) filter (where detail = 'reason')) as declined_reasons,
        list_sort(list(word) filter (where detail = 'reference')) as decision_references
    from shared
    group by all
),

counted as (
    select
        jurisdiction,
        period_start,
        period_end,
        closed_on,
        shown_theme_code,
        count(*) as inputs_count,
        {%- for fate in ['adopted', 'adapted', 'declined', 'pending'] %}
        count(*) filter (where fate = '{{ fate }}') as {{ fate }}_count,
        {%- endfor %}
        -- the first day of the month: a day is that of a single letter
        cast(date_trunc('month', min(told_on) filter (where fate <> 'pending')) as date) as first_told_on,
        cast(date_trunc('month', max(told_on) filter (where fate <> 'pending')) as date) as last_told_on
    from closed
    group by all
),

final as (
    select
        counted.*,
        thresholds.threshold,
        details.told_in_languages,
        details.declined_reasons,
        details.decision_references
    from counted
    cross join thresholds
    left join details
        on
            counted.jurisdiction = details.jurisdiction
            and counted.period_start = details.period_start
            and counted.shown_theme_code = details.shown_theme_code
)

select * from final
