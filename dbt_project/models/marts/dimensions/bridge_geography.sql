-- one row per pair of places of two maps: the part of a count in the first that goes to the second
with
weighed as (
    select
        *,
        max(weight) over (partition by from_type, from_vintage, from_geoid, to_type, to_vintage) as largest_weight
    from {{ ref('int_places__weighed') }}
),

final as (
    select
        from_type,
        from_vintage,
        from_geoid,
        to_type,
        to_vintage,
        to_geoid,
        weight_basis,
        weight,
        -- How far off a moved count may be, measured on the 210 tracts whose people by district are known from blocks. With 95 % of a
        -- tract in one district less than 1 % of its people come out wrong, whatever it is divided by. Below that, addresses put 4 %
        -- wrong where they put half in one district and 15 % where not; areas put 7 to 26 % wrong.
        case
            when largest_weight >= 0.999 then 'exact'
            when largest_weight >= 0.95 or weight_basis = 'population' then 'good'
            when largest_weight >= 0.5 and weight_basis = 'address' then 'fair'
            else 'poor'
        end as fit_quality
    from weighed
)

select * from final
