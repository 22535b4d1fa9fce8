{#
    A period in words: the English text of its kind with its years and day. `texts` is a map from text_id to text.
    A school year is named by both years, a window of whole years by its first and last year. Any other window is named by its months,
    or by days that divide them: years alone would show twelve months as two years. Pages have the same rule (words/texts.py).
#}
{% macro period_text(texts) -%}
    case
        when
            period_type in ('month', 'quarter', 'snapshot', 'year', 'school_year')
            or (period_start = date_trunc('year', period_start) and period_end = last_day(date_trunc('year', period_end) + interval 11 months))
            then replace(replace(replace(
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
        else replace(replace(
            {{ texts }}['period.years'],
            '{year}', {{ end_text(texts, 'period_start', 'day(period_start) = 1') }}
        ), '{last_year}', {{ end_text(texts, 'period_end', 'period_end = last_day(period_end)') }}
        )
    end
{%- endmacro %}


{# The first or last day of a window: its month where the window has the whole of it, else the day. #}
{% macro end_text(texts, date, is_whole_month) -%}
    replace(replace(
                {{ texts }}[concat('period.', case when {{ is_whole_month }} then 'month_' else 'day_' end, month({{ date }}))],
                '{day}', cast(day({{ date }}) as varchar)
            ), '{year}', cast(year({{ date }}) as varchar)
            )
{%- endmacro %}
