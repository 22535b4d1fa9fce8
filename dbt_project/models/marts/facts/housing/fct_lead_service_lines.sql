-- one row per snapshot and address of the delivered stock of lead service lines
with
delivered as (
    select * from {{ ref('stg_dpw__lead_service_lines') }}
),

told_apart as (
    {{ numbered('delivered', within='occurred_on') }}
),

own_names as (
    select word
    from {{ ref('address_words') }}
    where part = 'place'
    union
    {{ city_names() }}
),

lead_lines as (
    select
        told_apart.*,
        -- the city's water goes to other municipalities, too (DPW-03)
        told_apart.municipality_reported is not null and own_names.word is null as is_beyond_the_city
    from told_apart
    left join own_names on upper(trim(told_apart.municipality_reported)) = own_names.word
),

found as (
    {{ place_conformed('lead_lines', on_date='lead_lines.occurred_on', address='address', zip='lead_lines.zip_code') }}
),

spans as (
    {{ map_spans() }}
),

-- a record of another municipality is outside every map of ours, whatever its address
placed as (
    select
        found.* replace (
            {%- for each in city_place_types() %}
            case when found.is_beyond_the_city then 'outside' else found.{{ each.geography_type }}_geoid end
                as {{ each.geography_type }}_geoid,
            {%- if each.fact_columns == 'geoid_and_vintage' %}
            case when found.is_beyond_the_city then spans.{{ each.geography_type }}_vintage else found.{{ each.geography_type }}_vintage end
                as {{ each.geography_type }}_vintage,
            {%- endif %}
            {%- endfor %}
            case when spans.valid_from is not null then 'delivered_code' else found.geocode_quality end as geocode_quality
        )
    from found
    left join spans
        on
            found.is_beyond_the_city
            and coalesce(found.occurred_on, {{ last_day() }}) between spans.valid_from and spans.valid_to
),

final as (
    select
        {{ event_columns('lead_service_line', has_key=false, snapshot='occurred_on') }},
        occurred_on,
        {{ is_latest_snapshot('occurred_on') }} as is_latest_snapshot,
        {{ place_columns() }},
        address,
        address_standard,
        match_stage,
        municipality_reported,
        zip_code
    from placed
)

select * from final
