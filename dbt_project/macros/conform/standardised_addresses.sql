{#
    The distinct addresses of a relation in parts, and put together again in the short forms of reference.address_words: house number,
    directional, street name, street type. A text without a house number and a street (a crossing, the name of a place) has no row.
    An address in standard form is not changed.

    relation: a CTE or table · address: its column with the text as delivered

    An address is read by the parts of its words, one letter each: s a street type, d a directional, u a unit, p the name of the
    city or state, x, o and n anything else. `831 W NORTH AVE APT 2` is xddsux: number, directional, name, type, and a unit.
#}
{% macro standardised_addresses(relation, address='address') -%}
    with
    vocabulary as (
        select map(list(word), list({ 'part': part, 'standard': standard })) as known from {{ ref('address_words') }}
    ),

    cleaned as (
        select
            address,
            {{ cleaned_address('address') }}
        from (select distinct {{ address }} as address from {{ relation }}) as delivered
    ),

    told_apart as (
        select
            cleaned.address,
            string_split(cleaned.cleaned, ' ') as words,
            list_transform(words, lambda word: vocabulary.known[word].standard) as standards,
            list_transform(
                words,
                lambda word: case when vocabulary.known[word].part in ('ordinal', 'name') then vocabulary.known[word].standard else {{ ordinal('word') }} end
            ) as names,
            array_to_string(list_transform(words, lambda word: coalesce(left(vocabulary.known[word].part, 1), 'x')), '') as parts
        from cleaned
        cross join vocabulary
        -- two streets are a crossing, not an address
        where
            regexp_matches(cleaned.cleaned, '^\d+[-0-9A-Z]* .')
            and not regexp_matches(cleaned.cleaned, '^\d+(ST|ND|RD|TH) |[/&@]| AND ')
    ),

    -- the street ends before a unit, and before the name of the city; its type is the last one in it
    streets as (
        select
            *,
            regexp_replace(regexp_replace(parts, '^(x(?:d.|[^d])[^u]*)u.*$', '\1'), '^(x(?:d.|[^d]).*?)p+$', '\1') as street_parts,
            case when street_parts = 'xds' then 3 else length(regexp_extract(street_parts, '^x(?:d.|[^d]).*s')) end as type_at,
            case when type_at > 0 then type_at else length(street_parts) end as ends_at,
            -- a directional with nothing but a type behind it is the name: 750 NORTH AVE
            street_parts[2] = 'd' and street_parts <> 'xds' as has_directional_first,
            not has_directional_first and type_at > 0 and street_parts[type_at + 1] = 'd' as has_directional_last
        from told_apart
    ),

    parted as (
        select
            address,
            array_to_string(words[:ends_at], ' ') as address_without_unit,
            try_cast(regexp_extract(words[1], '^\d+') as integer) as house_number,
            nullif(regexp_extract(words[1], '^\d+-(\d+)', 1), '') as number_to,
            nullif(regexp_extract(words[1], '^\d+(?:-\d+)?-?([A-Z]+)', 1), '') as house_suffix,
            case when has_directional_first then standards[2] when has_directional_last then standards[type_at + 1] end as directional,
            regexp_replace(
                array_to_string(
                    names[case when has_directional_first then 3 else 2 end:case when type_at > 0 then type_at - 1 else ends_at end], ' '
                ),
                '\bMC ',
                'MC'
            ) as street_name,
            case when type_at > 0 then standards[type_at] end as street_type,
            has_directional_last
        from streets
    ),

    numbered as (
        select
            * exclude (number_to),
            -- 2728-30 is 2728 to 2730
            try_cast(
                left(cast(house_number as varchar), greatest(length(cast(house_number as varchar)) - length(number_to), 0)) || number_to
                as integer
            ) as house_number_to
        from parted
        where house_number is not null and street_name <> ''
    ),

    named as (
        select numbered.* replace (coalesce(aliases.standard, numbered.street_name) as street_name)
        from numbered
        left join {{ ref('address_words') }} as aliases on numbered.street_name = aliases.word and aliases.part = 'alias'
    )

    select
        * replace (case when house_number_to > house_number then house_number_to end as house_number_to),
        concat_ws(
            ' ',
            concat(house_number, case when house_number_to > house_number then '-' || house_number_to end, house_suffix),
            directional,
            street_name,
            street_type
        ) as address_standard
    from named
{%- endmacro %}
