-- one row per measure, period, place or piece of one, race and stratum in which something was counted
with
counted as (
    {{ empty_counts() }}
    {%- for measure in measures() %}
    union all by name
    select * from {{ ref('int_' ~ measure ~ '__counts') }}
    {%- endfor %}
),

final as (
    select
        * replace (
            coalesce(tabulation, 'exclusive') as tabulation,
            coalesce(value_status, 'computed') as value_status,
            coalesce(bridged, false) as bridged
        )
    from counted
)

select * from final
