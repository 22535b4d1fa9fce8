{#
    Why a figure is not compared with its reference group, in the words of compared_reason: a limit of the measure's records
    (comparison_limits), else the reason for which the row has no ratio. Reads columns of the row alone, which the public file shows.
#}
{% macro reason_not_compared() -%}
    case
        when is_zero_unsure then 'zero_unsure'
        when limit_reason = 'repeated_events' and range_kind <> 'clustered' then limit_reason
        when limit_reason <> 'repeated_events' then limit_reason
        when rate_ratio is not null then null
        when status_reason in ('known_race_below_70', 'suppressed_at_source', 'partly_shown') then 'partly_shown'
        when status_reason in ('reference_hidden', 'known_race_hidden') then 'reference_hidden'
        when status_reason in ('few_events', 'reference_unreliable') then 'few_events'
        when status_reason = 'zero_events' then 'zero_reference'
        when status_reason in ('place_coverage_below_90', 'geography') then 'place_coverage'
        when status_reason in ('period_incomplete', 'incomplete_inside', 'period_open', 'unfinished_period') then 'unfinished_period'
        when status_reason = 'repeated_events' then status_reason
        when status_reason in ('groups_overlap', 'reporting_change', 'jurisdiction', 'scheme', 'period', 'tabulation') then 'records_differ'
        else 'no_reference'
    end
{%- endmacro %}


{# Why a place is not compared with its city: the city's row has no figure, or the range of one does not count. city: its row #}
{% macro reason_not_compared_with(city) -%}
    case
            when {{ city }}.has_value and (shown.has_chance_only or {{ city }}.has_chance_only) then 'repeated_events'
            when {{ city }}.has_value then null
            when {{ city }}.publication_status = 'suppressed' then 'reference_hidden'
            when {{ city }}.publication_status in ('unreliable', 'no_denominator')
                then case when starts_with({{ city }}.status_reason, 'place_coverage') then 'place_coverage' else 'few_events' end
            when {{ city }}.publication_status = 'incomplete_inside' then 'unfinished_period'
        end
{%- endmacro %}
