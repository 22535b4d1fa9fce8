-- one row per year and place: sales, each of the one address that the assessor gives it, of the addresses of the index with their units
with
sales as (
    select
        source,
        jurisdiction,
        cast(date_trunc('year', occurred_on) as date) as period_start,
        {{ piece_columns() }},
        count(*) as sales_count
    from {{ counted_events('fct_property_sales') }}
    where occurred_on is not null
    group by all
),

years as (
    select distinct
        source,
        jurisdiction,
        period_start,
        cast(period_start + interval 1 year - interval 1 day as date) as period_end
    from sales
),

-- in a year in which the map changes an address is in a district of each
united as (
    select
        *,
        0 as addresses_count,
        {%- for each in dated_place_types() %}
        true as {{ each.geography_type }}_is_last,
        {%- endfor %}
        true as is_last_map
    from sales
    union all
    select
        years.source,
        years.jurisdiction,
        years.period_start,
        {{ piece_columns() }},
        0 as sales_count,
        addresses.addresses_count,
        {%- for each in dated_place_types() %}
        addresses.valid_to >= least(years.period_end, coalesce({{ each.geography_type }}_maps.valid_to, {{ last_day() }}))
            as {{ each.geography_type }}_is_last,
        {%- endfor %}
        addresses.valid_to >= years.period_end as is_last_map
    from years
    inner join {{ ref('int_addresses__aggregated') }} as addresses
        on years.period_start <= addresses.valid_to and years.period_end >= addresses.valid_from
    {%- for each in dated_place_types() %}
    left join {{ ref('geography_vintages') }} as {{ each.geography_type }}_maps
        on
            {{ each.geography_type }}_maps.geography_type = '{{ each.geography_type }}'
            and addresses.{{ each.geography_type }}_vintage = {{ each.geography_type }}_maps.geography_vintage
    {%- endfor %}
),

periods as (
    select
        *,
        'year' as period_type,
        cast(period_start + interval 1 year - interval 1 day as date) as period_end,
        {{ without_race() }},
        {{ without_stratum() }}
    from united
),

{%- set is_last = [] -%}
{%- for each in dated_place_types() -%}
    {%- do is_last.append("when '" ~ each.geography_type ~ "' then " ~ each.geography_type ~ "_is_last") -%}
{%- endfor %}
{%- set last_day_of_map = 'case sliced.geography_type ' ~ is_last | join(' ') ~ ' else is_last_map end' if is_last else 'is_last_map' %}

-- the address of a day of each map: a map that goes on while another changes has each address once
with_place as (
    {{ counts_by_place(
        'periods', 'sales_per_1000_addresses',
        {
            'numerator': 'sum(sales_count)',
            'denominator': 'sum(addresses_count) filter (' ~ last_day_of_map ~ ')'
        },
        records='sales_count', version=2
    ) }}
),

final as (
    select * from with_place
    where geoid <> 'outside'
)

select * from final
