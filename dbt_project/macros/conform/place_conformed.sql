{#
    The rows of a relation with their places: the place columns of facts (fact_place_types), of types with several maps on the map in
    force on the day, and in geocode_quality how that was found. The address comes first, then the delivered point, then delivered codes;
    the places of one of them are taken as a whole. No row is lost or doubled: each join meets one row at most.

    relation: a CTE · on_date: the day of the event; where it is NULL the newest map holds
    address, longitude, latitude, zip: its columns · tract, aldermanic_district, police_district, neighborhood: SQL of delivered codes,
    written as the places' codes are, of this type or of the city's equivalent one. Leave out what the source does not deliver. A code
    that no place has is no place. A code of a type with several maps counts only on days of the map that it is of
    (reference.delivered_code_vintages): district 5 is another area on the other map.
#}
{% macro place_conformed(
    relation, on_date, address=none, longitude=none, latitude=none, tract=none, aldermanic_district=none, police_district=none,
    neighborhood=none, zip=none
) -%}
    {%- set on_day = "coalesce(" ~ on_date ~ ", " ~ last_day() ~ ")" -%}
    {%- set delivered = {
        'tract': tract,
        'aldermanic_district': aldermanic_district,
        'police_district': police_district,
        'neighborhood': neighborhood,
        'zcta': zip,
    } -%}
    {%- set codes = {} -%}
    {%- for each in fact_place_types() + (place_types() | selectattr('geography_type', 'equalto', 'zcta') | list) -%}
        {%- if delivered.get(each.equivalent_to) -%}
            {%- do codes.update({each.geography_type: delivered[each.equivalent_to]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set dated = dated_place_types() | map(attribute='geography_type') | list -%}
    select
        {{ relation }}.*,
    {%- for each in fact_place_types() %}
        {%- set alias = each.geography_type ~ 's' %}
        {{ place_by_precedence(
            each.geography_type ~ '_geoid', address, longitude, alias ~ '.geoid' if each.geography_type in codes
        ) }} as {{ each.geography_type }}_geoid,
        {%- if each.geography_type in dated %}
        {{ place_by_precedence(
            each.geography_type ~ '_vintage', address, longitude, alias ~ '.geography_vintage' if each.geography_type in codes
        ) }} as {{ each.geography_type }}_vintage,
        {%- endif %}
    {%- endfor %}
        {%- if address or longitude or codes %}
        case
        {%- if address %}
            when addresses.address is not null then addresses.geocode_quality
        {%- endif %}
        {%- if longitude %}
            when points.longitude is not null then 'delivered_point'
        {%- endif %}
        {%- for geography_type in codes %}
            when {{ geography_type }}s.geoid is not null then '{{ 'zip_only' if geography_type == 'zcta' else 'delivered_code' }}'
        {%- endfor %}
            else 'none'
        end as geocode_quality,
        {%- else %}
        'none' as geocode_quality,
        {%- endif %}
        {{ 'addresses.match_stage' if address else 'cast(null as varchar)' }} as match_stage,
        {{ 'addresses.address_standard' if address else 'cast(null as varchar)' }} as address_standard
    from {{ relation }}
    {%- if address %}
    left join {{ ref('int_addresses__geocoded') }} as addresses
        on {{ relation }}.{{ address }} = addresses.address and {{ on_day }} between addresses.valid_from and addresses.valid_to
    {%- endif %}
    {%- if longitude %}
    left join {{ ref('int_points__geocoded') }} as points
        on
            {{ relation }}.{{ longitude }} = points.longitude
            and {{ relation }}.{{ latitude }} = points.latitude
            and {{ on_day }} between points.valid_from and points.valid_to
    {%- endif %}
    {%- for geography_type in codes if geography_type in dated %}
    left join {{ ref('delivered_code_vintages') }} as {{ geography_type }}_maps
        on {{ relation }}.source = {{ geography_type }}_maps.source and {{ geography_type }}_maps.geography_type = '{{ geography_type }}'
    {%- endfor %}
    {%- for geography_type in codes %}
    left join {{ ref('int_places__valid_codes') }} as {{ geography_type }}s
        on
            {{ geography_type }}s.geography_type = '{{ geography_type }}'
            and {{ geography_type }}s.geoid = {{ codes[geography_type] }}
            and {{ on_day }} between {{ geography_type }}s.valid_from and {{ geography_type }}s.valid_to
            {%- if geography_type in dated %}
            and {{ geography_type }}s.geography_vintage = {{ geography_type }}_maps.geography_vintage
            {%- endif %}
    {%- endfor %}
{%- endmacro %}


{# The place by address, else by point, else by delivered code: never one column from one and the next from another. #}
{% macro place_by_precedence(column, address, longitude, code) -%}
    {%- set code = code or 'cast(null as varchar)' -%}
    {%- if address or longitude -%}
        case
        {%- if address %}
            when addresses.address is not null then addresses.{{ column }}
        {%- endif %}
        {%- if longitude %}
            when points.longitude is not null then points.{{ column }}
        {%- endif %}
            else {{ code }}
        end
    {%- else -%}
        {{ code }}
    {%- endif -%}
{%- endmacro %}


{# A code that a spreadsheet has turned into a number, 5.0 or 186300.0, as the text that it was, filled with zeros to `digits`. #}
{% macro code_from_number(column, digits=none) -%}
    {%- set code = "regexp_extract(trim(" ~ column ~ "), '^(\\d+)(?:[.]0*)?$', 1)" -%}
    {%- if digits -%}
        lpad(nullif({{ code }}, ''), {{ digits }}, '0')
    {%- else -%}
        nullif({{ code }}, '')
    {%- endif -%}
{%- endmacro %}


{# The ZIP code of an address text: the last five separate digits, with or without the four of ZIP+4. #}
{% macro zip_of(address) -%}
    nullif(regexp_extract({{ address }}, ',.*\b(\d{5})(?:-\d{4})?\b[^\d]*$', 1), '')
{%- endmacro %}
