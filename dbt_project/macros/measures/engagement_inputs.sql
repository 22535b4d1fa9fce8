{#
    Each input with its result, and the day until which the office's log records results. Without a log there is no row. A removed
    input could have changed any figure of its year, so no measure counts a year with one.
#}
{% macro inputs_with_answers() -%}
    select
        inputs.*,
        log_days.follow_up_end,
        responses.told_on,
        responses.answer_code,
        responses.declined_reason_code,
        responses.decision_reference,
        responses.told_language_codes,
        coalesce(
            responses.answer_code in ('adopted', 'adapted', 'declined') and responses.told_on <= log_days.follow_up_end, false
        ) as is_answered
    from {{ counted_events('fct_engagement_inputs') }} as inputs
    cross join (
        select cast(data_as_of as date) as follow_up_end
        from {{ ref('stg_receipts__contracts') }}
        where source = 'oei__engagement_responses'
    ) as log_days
    left join {{ ref('fct_engagement_responses') }} as responses on inputs.engagement_input_key = responses.engagement_input_key
    left join (
        select
            staged.source,
            max(year(staged.occurred_on)) as last_year
        from {{ ref('stg_oei__engagement_inputs') }} as staged
        cross join {{ ref('stg_receipts__clock') }} as clock
        where staged.retained_until_on < cast(clock.as_of as date)
        group by staged.source
    ) as removed on inputs.source = removed.source
    where year(inputs.occurred_on) > coalesce(removed.last_year, 0) and log_days.follow_up_end >= inputs.occurred_on
{%- endmacro %}


{#
    Inputs by race, and by language whatever the race: the rows of a relation with race and language, once for each. A language that
    was not recorded is no stratum. with_races=false: of records that carry no race, whose code is all already.
#}
{% macro by_race_and_language(relation, with_races=true) -%}
    select
        * exclude (language_code),
        {{ without_stratum() }}
    from {{ '(' ~ and_all_races(relation) ~ ')' if with_races else relation }}
    union all by name
    select
        {{ relation }}.* exclude (language_code) replace ('all' as race_ethnicity_code),
        'language' as stratum_type,
        {{ relation }}.language_code as stratum_code
    from {{ relation }}
    inner join {{ ref('dim_language') }} as languages on {{ relation }}.language_code = languages.language_code
{%- endmacro %}


{#
    A share of what people said, by period, neighborhood, race and language.

    numerator, among: SQL conditions on int_engagement_inputs__aggregated; the numerator is part of what is `among`
#}
{% macro share_of_inputs(measure_id, numerator, among) -%}
with
inputs as (
    select
        source,
        jurisdiction,
        occurred_on,
        {{ piece_columns() }},
        race_standard,
        race_ethnicity_code,
        language_code,
        cast(sum(inputs_count) as double) as inputs_count,
        cast(coalesce(sum(inputs_count) filter ({{ numerator }}), 0) as double) as counted
    from {{ ref('int_engagement_inputs__aggregated') }}
    where {{ among }}
    group by all
),

divided as (
    {{ by_race_and_language('inputs') }}
),

periods as (
    {{ by_period('divided') }}
),

final as (
    {{ counts_by_place(
        'periods', measure_id, {'numerator': 'sum(counted)', 'denominator': 'sum(inputs_count)'}, records='inputs_count'
    ) }}
)

select * from final
{%- endmacro %}
