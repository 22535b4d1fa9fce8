{#
    The tabulation of the row that a row is compared with. Groups of a race alone, Hispanics included, are compared with White of the same
    tabulation, or where it has none with White not Hispanic, which contains none of them.
#}
{% macro reference_tabulation(relation) -%}
    case
            when
                {{ relation }}.tabulation = 'race_alone_any_ethnicity'
                and not coalesce(
                    ({{ slice(relation) }}, {{ relation }}.reference_code) in (
                        select ({{ slice('same') }}, same.race_ethnicity_code)
                        from {{ relation }} as same
                        where same.tabulation = 'race_alone_any_ethnicity'
                    ),
                    false
                )
                then 'exclusive'
            else {{ relation }}.tabulation
        end
{%- endmacro %}


{# The slice of a row and that of the row that it is compared with, which may have another tabulation. #}
{% macro same_slice_as_reference(row, reference) -%}
    {{ same_columns(row, reference, slice_columns() | reject('equalto', 'tabulation') | list) }}
            and {{ row }}.reference_tabulation = {{ reference }}.tabulation
{%- endmacro %}
