-- one row per distinct address text that records carry, but for those that name another municipality behind the comma
{{ config(meta={'row_by_row': true}) }}
{%- set sources_with_addresses = [
    'stg_assessor__property_sales', 'stg_doa__arpa_projects', 'stg_dpw__lead_service_lines', 'stg_mhd__lead_orders_abated',
    'stg_mhd__lead_orders_open', 'stg_mhd__lead_tests',
    'stg_mmc__court_cases', 'stg_mpd__dispatched_calls', 'stg_mpd__incidents', 'stg_oei__engagement_events',
    'stg_ucc__service_requests',
] %}

with
delivered as (
    {%- for source_with_addresses in sources_with_addresses %}
    select distinct address from {{ ref(source_with_addresses) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- behind the comma is the city, a unit (`FRONT`, `2`, `A`), or another city: 500 E OAK ST, OAK CREEK
known_words as (
    select word
    from {{ ref('address_words') }}
    where part in ('place', 'unit')
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
