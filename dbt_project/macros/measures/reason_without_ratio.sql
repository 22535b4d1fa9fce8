{#
    Of a total that itself holds for the people who are shown: whether these are too few. It hides no one of those whom it counts, so that
    everyone else is its rest. NULL for other rows.
#}
{% macro is_shown_too_little() -%}
    case when race_kind = 'total' and is_partly_shown then place_coverage_pct < {{ rule('partly_shown_for_ratio') }} end
{%- endmacro %}


{#
    Why a row has no ratio: the first of these that holds.
    referenced: the row with its reference · city: the settings, of which city it is
#}
{% macro reason_without_ratio(referenced, city) -%}
    case
            when {{ referenced }}.value_status <> 'computed' then {{ referenced }}.status_reason
            when {{ referenced }}.is_incomplete and {{ referenced }}.kind in ('count', 'sum') then 'period_incomplete'
            when {{ referenced }}.race_kind = 'total' then 'total_row'
            when {{ referenced }}.race_kind = 'missing' then 'race_missing'
            when {{ shown_too_little(referenced) }} then 'partly_shown'
            -- a published figure is not computed from what is left of a whole
            when
                {{ referenced }}.hides_a_race and {{ referenced }}.kind <> 'estimate' and {{ referenced }}.is_partly_shown is not true
                then 'suppressed_at_source'
            when {{ referenced }}.status_reason = 'reporting_change' then 'reporting_change'
            when
                {{ referenced }}.tabulation = 'race_alone_any_ethnicity' and {{ referenced }}.race_ethnicity_code = 'hispanic'
                then 'groups_overlap'
            when {{ referenced }}.known_race_pct < {{ rule('known_race_for_ratio') }} then 'known_race_below_70'
            when {{ referenced }}.kind = 'composition' and {{ referenced }}.jurisdiction <> {{ city }}.city_geoid then 'jurisdiction'
            when {{ referenced }}.reference_code is null then 'no_reference'
            when {{ referenced }}.reference_code = {{ referenced }}.race_ethnicity_code then 'reference_row'
            when {{ referenced }}.is_reference_hidden then 'reference_hidden'
            when {{ referenced }}.is_reference_partly_shown then 'partly_shown'
            when {{ referenced }}.is_reference_usable is not true then 'reference_unreliable'
            when {{ referenced }}.has_few_events then 'few_events'
            when {{ referenced }}.reference_value = 0 then 'zero_events'
            when
                {{ referenced }}.has_repeated_events
                and not ({{ referenced }}.is_clustered and coalesce({{ referenced }}.reference_variance > 0, false))
                then 'repeated_events'
        end
{%- endmacro %}
