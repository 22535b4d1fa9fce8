{#
    The distinct addresses of a relation in parts, and put together again in the short forms of reference.address_words: house number,
    directional, street name, street type. A text without a house number and a street (a crossing, the name of a place) has no row.
    What stands in its standard form stays as it is.

    relation: a CTE or table · address: its column with the text as delivered
#}
{% macro standardised_addresses(relation, address='address') -%}
    with
    cleaned as (
        select
            address,
            cleaned
        from (
            select
                address,
                {{ cleaned_address('address') }} as cleaned
            from (select distinct {{ address }} as address from {{ relation }})
        )
        -- two streets are a crossing, not an address
        where regexp_matches(cleaned, '^\d+(-|[A-Z]| )') and not regexp_matches(cleaned, '[/&@]| AND ')
    ),

    words as (
        select
            address,
            unnest(string_split(cleaned, ' ')) as word,
            generate_subscripts(string_split(cleaned, ' '), 1) as position
        from cleaned
    ),

    known_words as (
        select
            words.address,
            list(words.word order by words.position) as words,
            list(coalesce(known.standard, words.word) order by words.position) as standards,
            list(coalesce(known.part, '') order by words.position) as parts
        from words
        left join {{ ref('address_words') }} as known on words.word = known.word
        group by words.address
    ),

    -- the street ends before a unit and before the name of the city
    street_ends as (
        select
            *,
            least(
                coalesce(nullif(list_position(parts[4:], 'unit'), 0) + 2, len(parts)),
                greatest(len(parts) - coalesce(len(list_filter(list_reverse(parts), lambda part, i: i = 0)), 0), 3)
            ) as ends_at
        from known_words
    ),
    ...
{%- endmacro %}
