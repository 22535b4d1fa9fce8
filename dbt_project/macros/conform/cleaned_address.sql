{#
    An address text made regular, before it is split into words: upper case, the first comma part, no parentheses, dots and doubled
    spaces, the house number as one word (`9142--A`, `3051 A` and `2700 BLOCK OF` become 9142-A, 3051A, 2700). The steps are RE2
    patterns, applied in this order; each is a column that reads the one before it, and the last is `cleaned`.
#}
{% macro cleaned_address(column) -%}
    {%- set steps = [
        ('[(].*$', ''),
        ('#', ' # '),
        ('\\b([NSEW])[.]([A-Z0-9]{2,})', '\\1 \\2'),
        ("[.''\"`]", ''),
        ('[\\s\\p{Z}]+', ' '),
        ('^ | $', ''),
        ('^ONE ', '1 '),
        ('^(\\d+) 1/2 ', '\\1 '),
        ('^(\\d+)[ -]*(?:(?:BLOCK|BLK) (?:OF )?|OF )', '\\1 '),
        ('^(\\d+) ?-+ ', '\\1 '),
        ('^(\\d+) ?-+', '\\1-'),
        ('^(\\d+) ?([A-Z])/[A-Z] ', '\\1\\2 '),
        ('^(\\d+)([NSEW]) (\\d|(?:FIRST|SECOND|THIRD|[A-Z]{4,}T(?:H|IETH))\\b)', '\\1 \\2 \\3'),
        ('^(\\d+(?:-\\d+)?) ([A-DF-MO-RT-VX-Z]|AD|ADJ|EXT) (\\S+ \\S)', '\\1\\2 \\3'),
        ('^(\\S+) ([NSEW])(\\d)', '\\1 \\2 \\3'),
        ('(\\d) (ND|RD|TH)\\b', '\\1\\2'),
    ] -%}
    upper(split_part({{ column }}, ',', 1)) as step_0,
    {%- for pattern, replacement in steps %}
        regexp_replace(step_{{ loop.index0 }}, '{{ pattern }}', '{{ replacement }}', 'g') as {{ 'cleaned' if loop.last else 'step_' ~ loop.index }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The pattern of a word of three letters or more right behind the first comma of an address. #}
{% macro municipality() -%}
    '^[^,]*, *([A-Za-z]{3,})\b'
{%- endmacro %}


{# The names of the city of this build, in upper case: its title without what follows a comma or a parenthesis, and its key. #}
{% macro city_names() -%}
    select unnest([upper(regexp_replace(city_title, ' *[,(].*$', '')), upper(replace(city, '_', ' '))]) as word
    from {{ ref('stg_receipts__settings') }}
{%- endmacro %}
