-- one row per closed year and theme: you said, we did
with
counts as (
    select
        *,
        -- a count of persons below the threshold, or a part of one, is hidden; zero is no person
        inputs_count < threshold
        {%- for fate in ['adopted', 'adapted', 'declined', 'pending'] %}
        or {{ fate }}_count between 1 and threshold - 1
        {%- endfor %} as is_small
    from {{ ref('int_engagement_responses__aggregated') }}
),

-- Totals of a year are published elsewhere, so one hidden theme would be the remainder of the others. Themes are hidden from the smallest
-- on, until two or more are, and until what they hold together is no small count either, in all and answer by answer.
ranked as (
    select
        *,
        row_number() over hiding as hidden_count,
        count(*) filter (where is_small) over (partition by jurisdiction, period_start) as small_count,
        sum(inputs_count) over hiding >= threshold
        {%- for fate in ['adopted', 'adapted', 'declined', 'pending'] %}
        and (sum({{ fate }}_count) over hiding = 0 or sum({{ fate }}_count) over hiding >= threshold)
        {%- endfor %} as hides_enough
    from counts
    window hiding as (
        partition by jurisdiction, period_start order by is_small desc, inputs_count asc, shown_theme_code asc
        rows between unbounded preceding and current row
    )
),

-- where nothing is enough, every theme is hidden
with_status as (
    select
        *,
        case
            when small_count = 0 then 0
            else coalesce(
                min(hidden_count) filter (where hides_enough and hidden_count >= greatest(small_count, 2))
                    over (partition by jurisdiction, period_start),
                count(*) over (partition by jurisdiction, period_start)
            )
        end as last_hidden,
        hidden_count > last_hidden as is_shown
    from ranked
),

final as (
    select
        with_status.jurisdiction,
        'city' as geography_type,
        'current' as geography_vintage,
        with_status.jurisdiction as geoid,
        'year' as period_type,
        with_status.period_start,
        with_status.period_end,
        with_status.closed_on,
        with_status.shown_theme_code as theme_code,
        themes.label as theme_label,
        case when with_status.is_shown then 'published' else 'suppressed' end as publication_status,
        case when with_status.is_shown then with_status.inputs_count end as inputs_count,
        case when with_status.is_shown then with_status.adopted_count end as adopted_count,
        case when with_status.is_shown then with_status.adapted_count end as adapted_count,
        case when with_status.is_shown then with_status.declined_count end as declined_count,
        case when with_status.is_shown then with_status.pending_count end as pending_count,
        case when with_status.is_shown then with_status.first_told_on end as first_told_on,
        case when with_status.is_shown then with_status.last_told_on end as last_told_on,
        case when with_status.is_shown then with_status.told_in_languages end as told_in_languages,
        case when with_status.is_shown then with_status.declined_reasons end as declined_reasons,
        case when with_status.is_shown then with_status.decision_references end as decision_references
    from with_status
    left join {{ ref('dim_stratum') }} as themes
        on themes.stratum_type = 'engagement_theme' and with_status.shown_theme_code = themes.stratum_code
)

select * from final
