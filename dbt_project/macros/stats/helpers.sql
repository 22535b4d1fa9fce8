{#
Pieces of SQL that several statistics share, written out into each of them. Here: critical values, guards, the Wilson limits.
Not here: a formula that only one macro uses.
#}

{# The two-sided standard normal critical value; any other confidence is an error instead of a silent default. #}
{% macro stats_z(function) -%}
(case
            when confidence is null then null
            when confidence::double = 0.90 then 1.6448536269514722
            when confidence::double = 0.95 then 1.959963984540054
            when confidence::double = 0.99 then 2.5758293035489004
            else error('stats.{{ function }}: confidence must be 0.90, 0.95 or 0.99')
        end)::double
{%- endmacro %}

{# A number that cannot be negative. NaN and infinity are refused too: both would travel on as a plausible-looking interval. #}
{% macro stats_refuse_negative(function, arguments) -%}
{%- for argument in arguments %}
        when s['{{ argument }}'] < 0 or not isfinite(s['{{ argument }}'])
            then error('stats.{{ function }}: {{ argument }} must be a finite number, not below 0')
{%- endfor %}
{%- endmacro %}

{# A part cannot exceed its whole. The hair of slack is for counts moved between geographies, whose two sums round differently. #}
{% macro stats_refuse_excess(function, part, whole) -%}
        when s['{{ part }}'] > s['{{ whole }}'] * (1 + 1e-9)
            then error('stats.{{ function }}: {{ part }} must not be greater than {{ whole }}')
{%- endmacro %}

{# Lists of one element a group: NULL for no list, an empty one, or one with a NULL in it (a group whose rate is unknown makes the
   index unknown; leaving it out is the caller's decision, which the caller must state). Then lengths, then negative elements. #}
{% macro stats_check_lists(function, arguments) -%}
        when {% for argument in arguments -%}
            {{ 'or ' if not loop.first }}s['{{ argument }}'] is null or len(s['{{ argument }}']) = 0
            {%- if not loop.last %} {% endif %}
            {%- endfor %} then null
{%- for argument in arguments[1:] %}
        when len(s['{{ argument }}']) <> len(s['{{ arguments[0] }}'])
            then error('stats.{{ function }}: {{ argument }} must have as many elements as {{ arguments[0] }}')
{%- endfor %}
        when {% for argument in arguments -%}
            {{ 'or ' if not loop.first }}list_count(s['{{ argument }}']) < len(s['{{ argument }}'])
            {%- if not loop.last %} {% endif %}
            {%- endfor %} then null
{%- for argument in arguments %}
        when list_min(s['{{ argument }}']) < 0 or not isfinite(list_max(s['{{ argument }}']))
            then error('stats.{{ function }}: {{ argument }} must be finite numbers, none below 0')
{%- endfor %}
{%- endmacro %}

{# Wilson score limits, Wilson (1927), in the form of a quotient in which nothing cancels: exactly 0 at x = 0 and 1 at x = n. #}
{% macro stats_wilson_low(x, n, z) -%}
{{ x }} * {{ x }} / ({{ n }} * ({{ x }} + {{ z }} * {{ z }} / 2
                + {{ z }} * sqrt({{ x }} * ({{ n }} - {{ x }}) / {{ n }} + {{ z }} * {{ z }} / 4)))
{%- endmacro %}
{% macro stats_wilson_high(x, n, z) -%}
1 - ({{ n }} - {{ x }}) * ({{ n }} - {{ x }}) / ({{ n }} * ({{ n }} - {{ x }} + {{ z }} * {{ z }} / 2
                + {{ z }} * sqrt({{ x }} * ({{ n }} - {{ x }}) / {{ n }} + {{ z }} * {{ z }} / 4)))
{%- endmacro %}

{# Byar's limits of a Poisson count as printed by Breslow and Day (1987, p. 69) and used by Public Health England. Other software
   (R's epitools::pois.byar) calls a different formula Byar's: 65 events give 50.163-82.849 here, 50.602-82.289 there. #}
{% macro stats_byar_low(x, z) -%}
{{ x }} * pow(1 - 1 / (9 * {{ x }}) - {{ z }} / (3 * sqrt({{ x }})), 3)
{%- endmacro %}
{% macro stats_byar_high(x, z) -%}
({{ x }} + 1) * pow(1 - 1 / (9 * ({{ x }} + 1)) + {{ z }} / (3 * sqrt({{ x }} + 1)), 3)
{%- endmacro %}
