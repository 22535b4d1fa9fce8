-- one row per distinct address text that records carry, but for those that name another municipality behind the comma
{{ config(meta={'row_by_row': true}) }}
with
delivered as (
    {%- for source_with_addresses in sources_with_addresses() %}
    select distinct address from {{ ref(source_with_addresses) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- behind the comma is the city, a unit (`FRONT`, `2`, `A`), or another city: 500 E OAK ST, OAK CREEK
known_words as (
    select word
    from {{ ref('address_words') }}
    where part in ('place', 'unit')
    union
    -- the first word of the city's own name needs no row: SAINT, of St. Paul and saint_paul
    select regexp_extract(word, '^[A-Z]{3,}') from ({{ city_names() }})
),

collected as (
    select distinct address
    from delivered
    where
        address is not null
        and (
            not regexp_matches(address, {{ municipality() }})
            or upper(regexp_extract(address, {{ municipality() }}, 1)) in (select known_words.word from known_words)
        )
)

select * from collected
