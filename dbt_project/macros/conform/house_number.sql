{#
    A house number from two columns, as one: 901 and 5 are 901-5, 2113 and B are 2113B, 3415 and `3415 A` are 3415A.
    Standardising reads 901-5 as the range 901 to 905.
#}
{% macro house_number(number, continued) -%}
    case
        when coalesce(trim({{ continued }}), '') = '' then trim({{ number }})
        when regexp_matches(trim({{ continued }}), '^[0-9]') and starts_with(trim({{ continued }}), trim({{ number }}))
            then replace(trim({{ continued }}), ' ', '')
        when regexp_matches(trim({{ continued }}), '^-?[0-9]') then concat(trim({{ number }}), '-', ltrim(trim({{ continued }}), '-'))
        else concat(trim({{ number }}), replace(trim({{ continued }}), ' ', ''))
    end
{%- endmacro %}
