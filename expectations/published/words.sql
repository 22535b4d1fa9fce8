-- Every word column of the public file that its row's own public numbers contradict: one row per violation.
-- This check shares no macro with the models. {published} is the schema of the public file, {rules} the table of thresholds.
with cards as (
    select
        card.*,
        card.publication_status = 'published' and card.value is not null as has_figure,
        reference.value as reference_value,
        reference.ci_low as reference_low,
        reference.measure_id is not null and reference.value is null as has_hidden_reference,
        reference.ci_high as reference_high,
        city.ci_low as city_low,
        city.ci_high as city_high,
        source.rate_difference_ci_low as difference_low,
        source.rate_difference_ci_high as difference_high,
        source.rate_difference as difference,
        source.reliability as source_reliability,
        card.range_kind is not distinct from 'full_count' as is_full_count,
        coalesce(reference.ci_low = reference.ci_high, false) as is_reference_without_width,
        coalesce(city.ci_low = city.ci_high, false) as is_city_without_width,
        coalesce(changed.ci_low = changed.ci_high, false) as is_change_start_without_width,
        coalesce(trended.ci_low = trended.ci_high, false) as is_trend_start_without_width,
        coalesce(card.is_period_complete, true) as is_complete,
        changed.is_period_complete as is_change_start_complete,
        trended.is_period_complete as is_trend_start_complete,
        coalesce(
            (select value from {rules} where rule = concat('about_the_same_', card.measure_id) and unit <> 'percent of the other figure'),
            (select value from {rules} where rule = concat('about_the_same_', card.unit) and unit <> 'percent of the other figure')
        ) as margin
    from {published}.scorecard as card
    left join {published}.equity_measures as source
        on card.measure_id = source.measure_id and card.measure_version = source.measure_version
        and card.period_type = source.period_type and card.period_start = source.period_start
        and card.geography_type = source.geography_type and card.geography_vintage = source.geography_vintage and card.geoid = source.geoid
        and card.race_standard = source.race_standard and card.race_ethnicity_code = source.race_ethnicity_code
        and card.tabulation = source.tabulation and card.method = source.method
        and source.is_shown_first and source.stratum_type = card.stratum_type and source.stratum_code = card.stratum_code
    left join {published}.scorecard as reference
        on card.measure_id = reference.measure_id and card.period_type = reference.period_type and card.period_start = reference.period_start
        and card.geography_type = reference.geography_type and card.geoid = reference.geoid
        and card.reference_code = reference.race_ethnicity_code
    left join {published}.scorecard as city
        on card.measure_id = city.measure_id and card.period_type = city.period_type and card.period_start = city.period_start
        and card.race_ethnicity_code = city.race_ethnicity_code and city.geography_type = 'city' and card.city_value = city.value
    left join {published}.scorecard as changed
        on card.measure_id = changed.measure_id and card.period_type = changed.period_type and card.change_from = changed.period_start
        and card.geography_type = changed.geography_type and card.geoid = changed.geoid
        and card.race_ethnicity_code = changed.race_ethnicity_code
    left join {published}.scorecard as trended
        on card.measure_id = trended.measure_id and card.period_type = trended.period_type and card.trend_from = trended.period_start
        and card.geography_type = trended.geography_type and card.geoid = trended.geoid
        and card.race_ethnicity_code = trended.race_ethnicity_code
),

evidence as (
    select
        cards.*,
        coalesce(rate_ratio_ci_low > 1, false) or coalesce(difference_low > 0, false) as is_above,
        coalesce(rate_ratio_ci_high < 1, false) or coalesce(difference_high < 0, false) as is_below,
        coalesce(rate_ratio_ci_low > 1 or rate_ratio_ci_high < 1, difference_low > 0 or difference_high < 0, false)
            and coalesce(difference_low > 0 or difference_high < 0, true) as is_apart,
        coalesce(ci_low > reference_high or ci_high < reference_low, false) as is_disjoint,
        coalesce(ci_low > coalesce(city_high, city_value) or ci_high < coalesce(city_low, city_value), false) as is_disjoint_from_city,
        coalesce(sign(value - reference_value), sign(rate_ratio - 1), sign(difference), 0) as side,
        concat_ws(', ',
            'figure ' || round(value, 4), 'from ' || round(ci_low, 4) || ' to ' || round(ci_high, 4), 'ranges ' || range_kind,
            'reference ' || reference_code || coalesce(' ' || round(reference_value, 4), ''),
            'from ' || round(reference_low, 4) || ' to ' || round(reference_high, 4),
            'ratio ' || round(rate_ratio, 4), 'from ' || round(rate_ratio_ci_low, 4) || ' to ' || round(rate_ratio_ci_high, 4),
            'difference from ' || round(difference_low, 4) || ' to ' || round(difference_high, 4), 'reason ' || compared_reason,
            'city ' || round(city_value, 4), 'from ' || round(city_low, 4) || ' to ' || round(city_high, 4),
            'change ' || round(change, 4), 'from ' || round(change_ci_low, 4) || ' to ' || round(change_ci_high, 4),
            'trend ' || round(trend, 4), 'from ' || round(trend_ci_low, 4) || ' to ' || round(trend_ci_high, 4),
            case when not is_complete then 'covered from ' || covered_from || ' to ' || covered_until end
        ) as figures
    from cards
),

words as (
    select
        evidence.*,
        unnest([
            struct_pack(column_name := 'compared_with_reference', subject := 'reference_comparison', word := compared_with_reference,
                reason := compared_reason, label := compared_with_reference_text),
            struct_pack(column_name := 'compared_with_city', subject := 'city_comparison', word := compared_with_city,
                reason := compared_with_city_reason, label := compared_with_city_text),
            struct_pack(column_name := 'change_word', subject := 'change', word := change_word, reason := null, label := change_text),
            struct_pack(column_name := 'trend_word', subject := 'change', word := trend_word, reason := null, label := trend_text)
        ]) as said
    from evidence
),

spoken as (
    select
        words.*,
        said.column_name as column_name,
        said.subject as subject,
        said.word as word,
        said.reason as reason,
        said.label as label,
        -- the range of the difference that the word is about, its size, and the figure that it is measured against
        case said.column_name
            when 'change_word' then change when 'trend_word' then trend when 'compared_with_city' then value - city_value
        end as step,
        -- the ends of that difference, full counts included; to the city by both ranges (Zou and Donner)
        case said.column_name
            when 'change_word' then coalesce(change_ci_low, change) when 'trend_word' then coalesce(trend_ci_low, trend)
            when 'compared_with_city' then value - city_value
                - sqrt(pow(value - coalesce(ci_low, value), 2) + pow(coalesce(city_high, city_value) - city_value, 2))
        end as least_step,
        case said.column_name
            when 'change_word' then coalesce(change_ci_high, change) when 'trend_word' then coalesce(trend_ci_high, trend)
            when 'compared_with_city' then value - city_value
                + sqrt(pow(coalesce(ci_high, value) - value, 2) + pow(city_value - coalesce(city_low, city_value), 2))
        end as greatest_step,
        -- the difference of two figures without ranges has none, whatever its columns contain
        case said.column_name
            when 'change_word' then case when change_ci_low < change_ci_high then change_ci_low end
            when 'trend_word' then case when trend_ci_low < trend_ci_high then trend_ci_low end
        end as step_low,
        case said.column_name
            when 'change_word' then case when change_ci_low < change_ci_high then change_ci_high end
            when 'trend_word' then case when trend_ci_low < trend_ci_high then trend_ci_high end
        end as step_high
    from words
    where said.word is not null or said.reason is not null
),

violations as (
    select
        *,
        concat(subject, '.', word) as text_id,
        unnest(list_filter([
            case when not has_figure then 'word_without_figure' end,
            case when not is_complete and word <> 'not_compared' then 'word_of_unfinished_period' end,
            case when column_name = 'change_word' and not coalesce(is_change_start_complete, true) then 'word_of_unfinished_period' end,
            case when column_name = 'trend_word' and not coalesce(is_trend_start_complete, true) then 'word_of_unfinished_period' end,
            case when (word is not distinct from 'not_compared') <> (reason is not null)
                and not (word is not distinct from 'cannot_tell' and reason is not distinct from 'many_comparisons')
                then 'reason_and_word_disagree' end,
            case when column_name = 'compared_with_reference' and word in ('not_compared', 'no_range') and rate_ratio is not null
                then 'ratio_of_what_is_not_compared' end,
            case when column_name = 'compared_with_reference' and word in ('higher', 'lower', 'about_the_same', 'cannot_tell')
                and rate_ratio is null and difference is null and not (is_full_count and reference_value is not null)
                then 'word_without_ratio' end,
            case when column_name = 'compared_with_reference' and word in ('higher', 'lower') and (
                side <> case word when 'higher' then 1 else -1 end
                or coalesce(gap_kind = 'difference' and gap_low <= 0 and gap_high >= 0, false)
                or (not is_full_count and not (case word when 'higher' then is_above and not is_below else is_below and not is_above end))
                or (is_full_count and not is_above and not is_below and coalesce(abs(value - reference_value) <= margin, false))
            ) then 'direction_or_range_contradicts' end,
            case when column_name = 'compared_with_reference' and word in ('about_the_same', 'cannot_tell') and (is_disjoint or is_apart)
                and not (word = 'cannot_tell' and reason is not distinct from 'many_comparisons') then 'ranges_are_apart' end,
            case when column_name = 'compared_with_reference' and word in ('higher', 'lower', 'about_the_same', 'cannot_tell')
                and rate_ratio_ci_low is null and not is_full_count then 'no_range_is_known' end,
            -- a range from a figure to itself is none
            case when word in ('higher', 'lower', 'about_the_same', 'cannot_tell') and (
                coalesce(ci_low = ci_high, false) or case column_name
                    when 'compared_with_reference' then is_reference_without_width when 'compared_with_city' then is_city_without_width
                    when 'change_word' then is_change_start_without_width when 'trend_word' then is_trend_start_without_width
                end
            ) then 'no_range_is_known' end,
            case when column_name = 'compared_with_reference' and word in ('higher', 'lower', 'about_the_same', 'cannot_tell')
                and has_hidden_reference then 'reference_is_hidden' end,
            case when column_name = 'compared_with_reference' and word = 'about_the_same' and not is_full_count
                and not coalesce(difference_low >= -margin and difference_high <= margin, false) then 'outside_the_margin' end,
            case when column_name <> 'compared_with_reference' and word = 'about_the_same' and not coalesce(
                greatest(-least_step, greatest_step) <= coalesce(margin, case when is_full_count then 0 end) + 1e-9, false
            ) then 'outside_the_margin' end,
            case when column_name <> 'compared_with_reference' and word in ('higher', 'lower') and (
                sign(step) <> case word when 'higher' then 1 else -1 end
                or coalesce(case word when 'higher' then step_low <= 0 else step_high >= 0 end, false)
            ) then 'direction_or_range_contradicts' end,
            case when column_name = 'compared_with_city' and word in ('higher', 'lower') and ci_low is not null
                and (city_value >= ci_low and city_value <= ci_high) then 'direction_or_range_contradicts' end,
            case when column_name = 'compared_with_city' and word in ('higher', 'lower') and ci_low is null and not is_full_count
                then 'no_range_is_known' end,
            case when column_name in ('change_word', 'trend_word') and word in ('higher', 'lower', 'cannot_tell') and step_low is null
                and not is_full_count then 'no_range_is_known' end,
            case when column_name = 'compared_with_city' and word in ('about_the_same', 'cannot_tell') and is_disjoint_from_city
                and not (word = 'cannot_tell' and reason is not distinct from 'many_comparisons') and not is_full_count
                then 'ranges_are_apart' end,
            case when column_name in ('change_word', 'trend_word') and word in ('about_the_same', 'cannot_tell')
                and (step_low > 0 or step_high < 0)
                then 'ranges_are_apart' end,
            case when label is not null and label <> replace(
                (select text from {published}.texts as texts where language = 'en' and texts.text_id = concat(spoken.subject, '.', spoken.word)),
                '{group}', coalesce(
                    (select text from {published}.texts as texts
                        where language = 'en' and texts.text_id = concat('reference_in_sentence.', spoken.reference_code)),
                    compared_with,
                    (select text from {published}.texts as texts where language = 'en' and texts.text_id = 'reference_in_sentence.none')
                )
            ) then 'label_of_another_word' end
        ], lambda rule: rule is not null)) as rule
    from spoken
),

rows_violated as (
    select
        *,
        null as column_name,
        null as text_id,
        unnest(list_filter([
            case when publication_status = 'suppressed' and (
                coalesce(compared_with_reference, compared_with_city, compared_reason, compared_with_city_reason, change_word, trend_word,
                    range_kind, reliability, status_reason) is not null
                or coalesce(covered_from, covered_until) is not null or is_period_complete is not null or publisher_quality is not null
            ) then 'hidden_row_says_something' end,
            case when not is_complete and has_figure then 'figure_of_unfinished_period' end,
            case when not is_complete and is_featured then 'unfinished_period_is_featured' end,
            case when has_figure and reliability is distinct from source_reliability then 'caution_is_missing' end,
            case when covered_from > covered_until then 'coverage_ends_before_it_starts' end,
            case when range_kind is not distinct from 'full_count' and ci_low is not null then 'range_on_a_full_count' end,
            case when range_kind is not distinct from 'none' and ci_low is not null then 'range_of_no_kind' end,
            case when 'repeated_events' in (coalesce(compared_reason, ''), coalesce(compared_with_city_reason, '')) and ci_low is not null
                then 'chance_range_of_repeated_events' end
        ], lambda rule: rule is not null)) as rule
    from evidence
),

goals_violated as (
    select
        unnest(list_filter([
            case when cards.is_period_complete = false and progress.status in ('met', 'on_track', 'off_track', 'not_met')
                then 'goal_of_unfinished_period' end,
            case when progress.status in ('met', 'on_track') and (progress.value - case progress.status
                when 'met' then progress.target_value else progress.expected_value end)
                * case goals.direction when 'higher' then 1 else -1 end < -1e-6 then 'goal_and_figures_disagree' end
        ], lambda rule: rule is not null)) as rule,
        'status' as column_name, concat('goal_status.', progress.status) as text_id, goals.measure_id, goals.goal_id as place, progress.period_type,
        progress.period_start, cards.race_ethnicity_code,
        concat_ws(', ', 'figure ' || progress.value, 'expected ' || progress.expected_value, 'target ' || progress.target_value) as figures
    from {published}.goal_progress as progress
    inner join {published}.goals as goals on progress.goal_id = goals.goal_id
    left join {published}.scorecard as cards
        on goals.measure_id = cards.measure_id and goals.geography_type = cards.geography_type and goals.geoid = cards.geoid
        and progress.period_type = cards.period_type and progress.period_start = cards.period_start
        and list_contains(goals.group_codes, cards.race_ethnicity_code)
),

peers_violated as (
    select
        unnest(list_filter([
            case when (rank_low is not null or rank_high is not null) and gap_ci_low is null then 'rank_without_range' end,
            case when rank_low > rank_high or rank_low < 1 or rank_high > peers + 1 then 'rank_outside_the_cities' end
        ], lambda rule: rule is not null)) as rule,
        'rank_low' as column_name, 'sentence.peer_rank' as text_id, measure_id, place, period_type, period_start, race_ethnicity_code,
        concat_ws(', ', 'gap ' || gap, 'from ' || gap_ci_low || ' to ' || gap_ci_high, 'rank ' || rank_low || ' to ' || rank_high) as figures
    from {published}.peer_comparison
)

select rule, column_name, text_id, measure_id, place, period_type, period_start, race_ethnicity_code, figures
from violations
union all
select rule, column_name, text_id, measure_id, place, period_type, period_start, race_ethnicity_code, figures
from rows_violated
union all
select rule, column_name, text_id, measure_id, place, period_type, period_start, race_ethnicity_code, figures
from goals_violated
union all
select rule, column_name, text_id, measure_id, place, period_type, period_start, race_ethnicity_code, figures
from peers_violated
order by all
