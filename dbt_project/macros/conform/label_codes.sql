{#
    The join to the code of a label in one of the word lists of stratum_crosswalk; no row is lost or doubled.

    vocabulary: the word list · label: SQL of the label · named: what the joined row is called
#}
{% macro code_of_label(vocabulary, label, named) -%}
    left join {{ ref('stratum_crosswalk') }} as {{ named }}
        on {{ named }}.vocabulary = '{{ vocabulary }}' and {{ normalised(named ~ '.reported_label') }} = {{ normalised(label) }}
{%- endmacro %}


{# The code of a joined label, else why there is none; a label that the list does not know is not_mapped. #}
{% macro label_code_or_reason(named, missing_reason='null') -%}
    coalesce({{ named }}.stratum_code, {{ missing_reason }}, 'not_mapped')
{%- endmacro %}


{# A JSON text as a list of texts; NULL where it is no such list. #}
{% macro json_texts(column) -%}
    case when json_valid({{ column }}) then from_json({{ column }}, '["varchar"]') end
{%- endmacro %}


{# A JSON text as a list of interpreters: a language each, asked for, offered and given or not; NULL where it is no such list. #}
{% macro json_interpreters(column) -%}
    case when json_valid({{ column }}) then from_json({{ column }}, '[{"language": "varchar", {{ '"asked": "boolean", "offered": "boolean", "given": "boolean"' }}}]') end
{%- endmacro %}


{# The codes of several labels of a record as a sorted list, each once; a label that no list contains is not_mapped. #}
{% macro codes_as_list(named, among='true') -%}
    coalesce(
        list_sort(list_distinct(list(coalesce({{ named }}.stratum_code, 'not_mapped')) filter (where {{ among }}))), {{ empty_text_list() }}
    )
{%- endmacro %}


{# A list of texts without any. #}
{% macro empty_text_list() -%}
    cast([] as varchar[])
{%- endmacro %}
