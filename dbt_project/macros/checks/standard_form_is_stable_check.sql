{#
    Words whose standard form would be changed by standardising once more, so that an address in its standard form would not stay as it
    is: a standard that is a word with another standard, or an alias that leads to an alias.
#}
{% macro standard_form_is_stable_check(relation) -%}
    select words.word, words.standard, others.standard as standard_of_standard
    from {{ relation }} as words
    inner join {{ relation }} as others on words.standard = others.word
    where
        words.part in ('street_type', 'directional', 'ordinal', 'name', 'alias')
        and words.standard <> others.standard
{%- endmacro %}
