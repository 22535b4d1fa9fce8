-- one row per theme of what people said and measure that shows how the city is doing on it
with
final as (
    select
        themes.theme_code,
        measures.measure_id,
        measures.name as measure,
        themes.sort_order
    from {{ ref('engagement_theme_measures') }} as themes
    inner join {{ ref('dim_measure') }} as measures on themes.measure_id = measures.measure_id
    where measures.is_current
)

select * from final
order by all
