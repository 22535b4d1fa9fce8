{#
    The rows of a relation with the records of combined labels that cannot be of a row's group: a person who is Asian or Pacific Islander is
    not Hispanic. Columns ruled_out_records, ruled_out_numerator. keys: the columns of a slice, over all tabulations.
#}
{% macro with_ruled_out_records(relation, keys) -%}
    select
        {{ relation }}.*,
        coalesce(ruled_out.ruled_out_records, 0) as ruled_out_records,
        coalesce(ruled_out.ruled_out_numerator, 0) as ruled_out_numerator
    from {{ relation }}
    left join (
        select
            {%- for column in keys %}
            {{ relation }}.{{ column }},
            {%- endfor %}
            labels.race_ethnicity_code,
            {{ sum_in_order(relation ~ '.records') }} as ruled_out_records,
            {{ sum_in_order(relation ~ '.numerator') }} as ruled_out_numerator
        from {{ relation }}
        inner join ({{ races_ruled_out() }}) as labels on {{ relation }}.race_ethnicity_code = labels.combined_code
        where {{ relation }}.value_status in ('computed', 'no_denominator')
        group by all
    ) as ruled_out
        on
            {{ relation }}.race_ethnicity_code = ruled_out.race_ethnicity_code
            {%- for column in keys %}
            and {{ relation }}.{{ column }} = ruled_out.{{ column }}
            {%- endfor %}
{%- endmacro %}
