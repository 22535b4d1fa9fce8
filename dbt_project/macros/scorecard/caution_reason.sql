{#
    Why a figure is use_with_caution, from columns of the row that the public file shows: the first of the conditions of
    reliability_of_row that holds, records off the map before few cases: those of a district's zero may be among them. Each has a text for
    residents, caution.<reason>.
#}
{% macro caution_reason() -%}
    case
        when status_reason = 'reporting_change' then status_reason
        when
            geocoded_pct < {{ rule('min_geocoded') }} and kind in ('rate', 'count', 'amount_rate')
            and (geography_type <> 'city' or method = 'place_weighted')
            then 'not_on_map'
        when kind in ('proportion', 'rate') and numerator < minimum_n then 'few_events'
        when publisher_quality = '3' then 'publisher_quality'
        when method = 'aggregate' and place_coverage_pct < {{ rule('partly_shown_for_reliable') }} then 'partly_shown'
        when race_ethnicity_code <> 'all' and known_race_pct < {{ rule('known_race_for_reliable') }} then 'race_often_unknown'
        when kind in ('count', 'sum') and status_reason = 'period_incomplete' then 'period_incomplete'
        when population_fit = 'estimated_poor' then 'poor_population'
        when kind = 'estimate' and not has_interval then 'no_range'
        -- what is left of rates by delivered groups with enough events: the small ones are counted too low, with a range or without
        when kind = 'rate' and method = 'aggregate' and numerator >= minimum_n then 'understated'
        -- of a median of records, of a sum of money or of repeated events, no interval is known, however many records it rests on
        when
            not has_interval
            and (kind in ('median', 'amount_rate', 'amount_share', 'composition') or (kind in ('proportion', 'rate') and numerator >= minimum_n))
            then 'range_unknown'
        -- of medians, estimates and figures of places the numerator is not shown
        when kind in ('rate', 'proportion', 'median', 'estimate') then 'few_events'
        else 'other'
    end
{%- endmacro %}
