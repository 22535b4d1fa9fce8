{#
    A period in words: the English text of its kind with its years and day. `texts` is a map from text_id to text.
    A school year is named by both years, a publisher's window by its first and last year.
#}
{% macro period_text(texts) -%}
    replace(replace(replace(
        {{ texts }}[concat('period.', case
            when period_type in ('month', 'quarter') then concat(period_type, '_', date_part(period_type, period_start))
            when period_type = 'snapshot' then concat('day_', month(period_start))
            when period_type in ('year', 'school_year') then period_type
            when year(period_start) = year(period_end) then 'year'
            else 'years'
        end)],
        '{day}', cast(day(period_start) as varchar)
    ), '{year}', cast(year(period_start) as varchar)
    ), '{last_year}', case when period_type = 'school_year' then right(cast(year(period_end) as varchar), 2) else cast(year(period_end) as varchar) end
    )
{%- endmacro %}
