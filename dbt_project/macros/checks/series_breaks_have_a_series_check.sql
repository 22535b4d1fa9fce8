{# Rows that break no series, because they name neither measure nor source nor form, and versions that a row narrows to a source or form. #}
{% macro series_breaks_have_a_series_check(relation) -%}
    select * from {{ relation }}
    where
        coalesce(measure_id, source, form) is null
        or (measure_version is not null and (measure_id is null or coalesce(source, form) is not null))
{%- endmacro %}
