-- one row per row of a measure to publish, with what may be published of its reference group
{%- set of_both = slice_columns() | reject('equalto', 'tabulation') | list %}
with
united as (
    select
        *,
        case when period_type in ('month', 'quarter') then 'year' else period_type end as reference_period_type,
        case when period_type in ('month', 'quarter') then date_trunc('year', period_start) else period_start end as reference_start
    from {{ ref('int_published__unioned') }}
),

-- Bounds without the records of a combined label reveal their number next to bounds with them, so the label's own row must be shown.
labels as (
    {{ races_ruled_out() }}
),

hidden_labels as (
    select distinct
        {%- for column in of_both %}
        united.{{ column }},
        {%- endfor %}
        united.race_ethnicity_code
    from united
    inner join labels
        on
            united.race_ethnicity_code = labels.race_ethnicity_code
            and list_contains(united.counted_labels, labels.combined_code)
    left join united as label_rows
        on
            {{ same_columns('united', 'label_rows', of_both) }}
            and label_rows.tabulation = 'exclusive'
            and labels.combined_code = label_rows.race_ethnicity_code
            and label_rows.publication_status <> 'suppressed'
    where united.is_confidential and label_rows.measure_id is null
),

labelled as (
    select
        united.*,
        hidden_labels.measure_id is not null as leaves_out_hidden_label,
        {{ reference_tabulation('united') }} as reference_tabulation
    from united
    left join hidden_labels
        on
            united.race_ethnicity_code = hidden_labels.race_ethnicity_code
            {%- for column in of_both %}
            and united.{{ column }} = hidden_labels.{{ column }}
            {%- endfor %}
),

joined as (
    select
        labelled.*,
        coalesce(reference.leaves_out_hidden_label, false) as leaves_reference_out,
        coalesce(reference.publication_status, 'not out') as reference_status,
        coalesce(reference.has_small_base, false) as is_reference_small,
        -- the best group is chosen in the whole city and for the year
        coalesce(chosen.publication_status, 'not out') as chosen_status
    from labelled
    left join labelled as reference
        on {{ same_slice_as_reference('labelled', 'reference') }} and labelled.reference_code = reference.race_ethnicity_code
    left join united as chosen
        on
            case when labelled.reference_rule = 'best' and labelled.is_confidential then labelled.measure_id end = chosen.measure_id
            and labelled.measure_version = chosen.measure_version
            and labelled.reference_period_type = chosen.period_type
            and labelled.reference_start = chosen.period_start
            and labelled.jurisdiction = chosen.geoid
            and chosen.geography_type in ('city', 'county', 'state')
            and labelled.race_standard = chosen.race_standard
            and labelled.reference_code = chosen.race_ethnicity_code
            and {{ same_columns('labelled', 'chosen', ['tabulation', 'method', 'stratum_type', 'stratum_code']) }}
),

with_status as (
    select
        *,
        reference_code = 'rest' as is_against_rest,
        coalesce(reference_code <> 'rest' and reference_status in ('suppressed', 'not out'), false) as is_reference_hidden,
        -- who was chosen is itself a word about the counts of the year
        coalesce(reference_rule, '') <> 'best'
        or not is_confidential
        or chosen_status not in ('suppressed', 'not out')
        or (chosen_status = 'not out' and reference_status not in ('suppressed', 'not out')) as is_reference_shown,
        -- the presence of a ratio reveals on which side of 70 % the known share is: too much where few are counted
        is_group
        and not shows_unknown
        and (coalesce(is_against_rest, false) or coalesce(known_denominator, known_numerator, known_records, 0) < 4 * threshold)
            as is_comparison_revealing
    from joined
),

final as (
    select
        * exclude (reference_period_type, reference_start, reference_status, reference_tabulation, chosen_status, is_against_rest),
        publication_status <> 'suppressed' as is_counted,
        publication_status = 'published' as is_valued,
        publication_status in ('published', 'bounded') and not leaves_out_hidden_label as is_bounded,
        publication_status <> 'suppressed' and is_reference_shown as shows_reference_code,
        publication_status = 'published'
        and is_reference_shown
        and not is_reference_hidden
        and not is_comparison_revealing
        -- of a place without records, the others have no size either
        and not (is_confidential and coalesce(is_against_rest, false) and known_race_pct is null)
        and coalesce(reference_code = 'rest' or reference_status = 'published', false) as is_compared,
        -- a quotient of two bounds that are both out, which reveals nothing more
        publication_status in ('published', 'bounded')
        and not leaves_out_hidden_label
        and not leaves_reference_out
        and shows_unknown
        and is_reference_shown
        -- everyone else is no row; of persons it is counts that may be hidden
        and coalesce((is_against_rest and not is_confidential) or reference_status in ('published', 'bounded'), false) as is_ratio_bounded
    from with_status
)

select * from final
