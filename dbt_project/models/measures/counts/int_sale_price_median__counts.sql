-- one row per period and place: half of the sales were for less than this, half for more
with
sales as (
    select
        source,
        jurisdiction,
        occurred_on,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }},
        price_usd
    from {{ counted_events('fct_property_sales') }}
    where price_usd > 0 and occurred_on is not null
),

periods as (
    {{ by_period('sales') }}
),

with_place as (
    {{ counts_by_place(
        'periods', 'sale_price_median',
        {
            'value': 'median(price_usd)',
            'value_interval': stats('median_ci') ~ '(list(price_usd), 0.95)',
            'records_count': 'count(*)'
        },
        records='1'
    ) }}
),

final as (
    select
        * exclude (value_interval),
        value_interval.low as ci_low,
        value_interval.high as ci_high
    from with_place
)

select * from final
