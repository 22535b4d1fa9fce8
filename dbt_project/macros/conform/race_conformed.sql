{#
    The rows of a relation with their race: `race_ethnicity_reported`, the selection set, the exclusive code of the
    own standard, the exclusive code of the 1997 standard, and the standard. A label that the crosswalk does not know is `not_mapped`;
    a row without a vocabulary has no race and is `all`. No row is lost or doubled.

    Here: a record with one label. The other forms (several columns, a list, two questions, a write-in) are in race_forms.sql and
    reach the same columns.

    relation: a CTE · label: its column with the label as sent · vocabulary: a SQL expression, NULL where the row has no race
    on_date: the date on which the crosswalk row must hold; a row without a date takes the newest
#}
{% macro race_conformed(relation, label, vocabulary, on_date) -%}
    select
        {{ relation }}.*,
        case when {{ vocabulary }} is not null then {{ label }} end as race_ethnicity_reported,
        crosswalk.race_ethnicity_set,
        {{ code_or_missing_reason(code_in_standard('vocabularies.race_standard', 'crosswalk.race_ethnicity_code', 'crosswalk.race_ethnicity_code_1997'), vocabulary) }}
            as race_ethnicity_code,
        {{ code_or_missing_reason('crosswalk.race_ethnicity_code_1997', vocabulary) }} as race_ethnicity_code_1997,
        vocabularies.race_standard
    from {{ relation }}
    left join ({{ resolved_crosswalk() }}) as crosswalk
        on
            {{ vocabulary }} = crosswalk.vocabulary
            and {{ normalised(label) }} = crosswalk.normalised_label
            and coalesce({{ on_date }}, date '9999-12-31') between crosswalk.valid_from and crosswalk.valid_to
    left join {{ source('receipts', 'vocabularies') }} as vocabularies
        on {{ vocabulary }} = vocabularies.vocabulary
{%- endmacro %}


{% macro code_or_missing_reason(code, vocabulary) -%}
    case when {{ vocabulary }} is null then 'all' else coalesce({{ code }}, crosswalk.missing_reason, 'not_mapped') end
{%- endmacro %}


{#
    The exclusive code of the standard that a record was collected under. Under the 1997 standard Hispanic is asked apart from race and
    Middle Eastern or North African is part of white, so that its own code is the 1997 code.
#}
{% macro code_in_standard(standard, code_2024, code_1997) -%}
    case when {{ standard }} = 'spd15_1997' then {{ code_1997 }} else {{ code_2024 }} end
{%- endmacro %}


{#
    The crosswalk with its sets as sorted lists and both exclusive codes, worked out once a label and not once a record. An empty cell
    of the seed is NULL or '', by who reads the file.
#}
{% macro resolved_crosswalk() -%}
    select
        vocabulary,
        {{ normalised('reported_label') }} as normalised_label,
        valid_from,
        valid_to,
        nullif(missing_reason, '') as missing_reason,
        nullif(race_ethnicity_code, '') as race_ethnicity_code,
        {{ selection_set('race_ethnicity_set') }} as race_ethnicity_set,
        {{ code_1997(selection_set('race_ethnicity_set'), "nullif(race_ethnicity_code, '')") }} as race_ethnicity_code_1997
    from {{ ref('race_ethnicity_crosswalk') }}
{%- endmacro %}


{# A set of categories, written `black|white` in the crosswalk, as a sorted list without doubles; NULL stays NULL. #}
{% macro selection_set(text) -%}
    list_sort(list_distinct(string_split(nullif({{ text }}, ''), '|')))
{%- endmacro %}


{#
    The exclusive code under the 1997 standard: Hispanic of any race first, then MENA counted as white, then two or more as
    multiracial. Without a set, the code of the own standard is kept.
#}
{% macro code_1997(selection, code) -%}
    case
        when {{ selection }} is null then {{ code }}
        when list_contains({{ selection }}, 'hispanic') then 'hispanic'
        when len({{ set_1997(selection) }}) > 1 then 'multiracial'
        else {{ set_1997(selection) }}[1]
    end
{%- endmacro %}


{% macro set_1997(selection) -%}
    list_distinct(list_transform({{ selection }}, lambda category: case category when 'mena' then 'white' else category end))
{%- endmacro %}
