{# A number as a street is called by it: 23, 23RD and the typing error 23TH are 23RD. Any other word stays as it is. #}
{% macro ordinal(word) -%}
    {%- set number = "ltrim(regexp_extract(" ~ word ~ ", '^(\\d+)(?:ST|ND|RD|TH|T|H)?$', 1), '0')" -%}
    case
        when {{ number }} = '' then {{ word }}
        when right({{ number }}, 2) in ('11', '12', '13') then {{ number }} || 'TH'
        else {{ number }} || case right({{ number }}, 1) when '1' then 'ST' when '2' then 'ND' when '3' then 'RD' else 'TH' end
    end
{%- endmacro %}
