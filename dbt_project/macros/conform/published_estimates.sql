{#
    The figures of a wide table that was delivered with its columns as rows (format.unpivot), by the seed that defines each column: one
    row per figure with its parts side by side.

    relation: a CTE with column_name, value, value_missing_reason · concepts: the list in published_concepts · key: the columns of a place
    and a period, by which the parts of a figure belong together · among: SQL boolean of the rows that a concept of the seed may define
#}
{% macro figures_of_concepts(relation, concepts, key, among='true') -%}
    select
        {%- for column in key %}
        {{ relation }}.{{ column }},
        {%- endfor %}
        columns.published_measure,
        columns.race_ethnicity_code,
        {%- for part in ['value', 'low', 'high', 'margin', 'numerator', 'denominator'] %}
        max({{ relation }}.value) filter (where columns.part = '{{ part }}') as {{ part }},
        {%- endfor %}
        max({{ relation }}.value_missing_reason) filter (where columns.part = 'value') as value_missing_reason,
        -- the figure is traced to the row of its value
        min_by(
            {
                'key': {{ relation }}._record_hash, 'load': {{ relation }}._load_id, 'file': {{ relation }}._source_file,
                'row': {{ relation }}._source_row
            },
            (columns.part <> 'value', {{ relation }}._source_row)
        ) as origin
    from {{ relation }}
    inner join (
        select distinct
            column_name,
            published_measure,
            race_ethnicity_code,
            part
        from {{ ref('published_concepts') }}
        where concepts = '{{ concepts }}'
    ) as columns on {{ relation }}.column_name = columns.column_name and {{ among }}
    group by all
    having bool_or(columns.part = 'value')
{%- endmacro %}
