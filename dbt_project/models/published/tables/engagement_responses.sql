-- one row per closed year and theme: you said, we did
{% set shown_columns = [
    'inputs_count', 'adopted_count', 'adapted_count', 'declined_count', 'pending_count', 'first_told_on', 'last_told_on',
    'told_in_languages', 'declined_reasons', 'decision_references',
] -%}
with
counts as (
    select
        *,
        -- a count of persons below the threshold, or a part of one, is hidden; zero is no person
        inputs_count < threshold
        {%- for fate in ['adopted', 'adapted', 'declined', 'pending'] %}
        or {{ fate }}_count between 1 and threshold - 1
        {%- endfor %} as is_small
    from {{ ref('stg_disclosure__reported_responses') }}
),

totals as (
    select
        jurisdiction,
        period_start,
        sum(inputs_count) as inputs_count,
        max(threshold) as threshold
    from counts
    group by all
),

-- a published denominator counts nearly all inputs of the year: all themes together would reveal the few others
revealing_totals as (
    select distinct
        totals.jurisdiction,
        totals.period_start
    from totals
    inner join {{ ref('stg_disclosure__reported') }} as reported
        on totals.jurisdiction = reported.geoid and totals.period_start = reported.period_start and reported.period_type = 'year'
    inner join {{ ref('publication_records') }} as counted
        on reported.measure_id = counted.measure_id and counted.part = 'denominator' and counted.universe = 'engagement_inputs'
    where
        reported.race_ethnicity_code = 'all'
        and reported.stratum_type = 'all'
        and totals.inputs_count - reported.denominator between 1 and totals.threshold - 1
),

with_totals as (
    select
        counts.*,
        revealing_totals.jurisdiction is not null as is_total_revealing
    from counts
    left join revealing_totals
        on counts.jurisdiction = revealing_totals.jurisdiction and counts.period_start = revealing_totals.period_start
),

-- Totals of a year are published elsewhere, so one hidden theme would be the remainder of the others. Themes are hidden from the smallest
-- on, until two or more are, and until what they hold together is no small count either, in all and answer by answer. Each of them has an
-- input, so that together they hold one more than the threshold per further theme.
ranked as (
    select
        *,
        row_number() over hiding as hidden_count,
        count(*) filter (where is_small) over (partition by jurisdiction, period_start) as small_count,
        sum(inputs_count) over hiding as held,
        lead(inputs_count) over hiding as next_count,
        greatest(next_count, threshold - 1) as most_each,
        held >= threshold + hidden_count - 1
        {%- for fate in ['adopted', 'adapted', 'declined', 'pending'] %}
        and (sum({{ fate }}_count) over hiding = 0 or sum({{ fate }}_count) over hiding >= threshold)
        {%- endfor %}
        -- A reader knows the order: none of them counts more than the next theme, or than a small one. Each must stay open by as much.
        and (
            next_count is null
            or least(most_each, held - hidden_count + 1) - greatest(1, held - (hidden_count - 1) * most_each) >= threshold - 1
        ) as hides_enough
    from with_totals
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
            when small_count = 0 and not is_total_revealing then 0
            else coalesce(
                min(hidden_count) filter (where hides_enough and hidden_count >= greatest(small_count, 2))
                    over (partition by jurisdiction, period_start),
                count(*) over (partition by jurisdiction, period_start)
            )
        end as last_hidden,
        hidden_count > last_hidden and is_hidden is not true as is_shown
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
        {%- for column in shown_columns %}
        case when with_status.is_shown then with_status.{{ column }} end as {{ column }},
        {%- endfor %}
        case when with_status.is_shown then 'published' else 'suppressed' end as publication_status
    from with_status
    left join {{ ref('dim_stratum') }} as themes
        on themes.stratum_type = 'engagement_theme' and with_status.shown_theme_code = themes.stratum_code
)

-- the order of the rows must not reveal what a hidden row counts
select * from final
order by all
