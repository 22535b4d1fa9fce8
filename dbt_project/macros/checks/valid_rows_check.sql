{#
    What is wrong in a table, each with its cell: a key that occurs in several rows (NULL counts as a value), a cell that is empty, a word that is
    not in the list of its column. Each with the first key of its row.
#}
{% macro valid_rows_check(relation, keys, never_empty=[], words={}) -%}
    {%- for key in keys %}
    select {{ "'occurs twice: " ~ key | join(', ') | replace("'", "''") ~ "'" }} as problem, concat_ws(', ', {{ key | join(', ') }}) as cell, null as of_row
    from {{ relation }}
    group by {{ key | join(', ') }}
    having count(*) > 1
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- for column in never_empty %}
    union all
    select '{{ column }} is empty', null, concat_ws(', ', {{ keys[0] | join(', ') }}) from {{ relation }} where {{ column }} is null
    {%- endfor %}
    {%- for column, values in words.items() %}
    union all
    select '{{ column }} is none of {{ values | join(", ") }}', {{ column }}::varchar, concat_ws(', ', {{ keys[0] | join(', ') }})
    from {{ relation }}
    where {{ column }} not in ('{{ values | join("', '") }}')
    {%- endfor %}
{%- endmacro %}
