-- one row per pair of places of two maps: the share of a count in the first that the second gets, and how well the two maps fit; both also
-- of people who live in the city
with
weights as (
    select
        *,
        max(weight) over one_place as largest_weight,
        max(city_weight) over one_place as largest_city_weight
    from {{ ref('int_places__weights') }}
    window one_place as (partition by from_type, from_vintage, from_geoid, to_type, to_vintage)
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
        -- How far off a moved count may be, measured where the truth is known. By addresses or areas, people of the 210 tracts whose
        -- blocks carry their district: with 95 % of a tract in one district less than 1 % are wrong; below that 4 % where
        -- addresses put half in one district and 15 % where not, and 7 to 26 % by areas. By people, houses of the address index:
        -- 4 to 15 % where one district holds half, 10 to 34 % where none does, for houses are not where people are (docs/methods.md).
        {%- for prefix in ['', 'city_'] %}
        case
            when largest_{{ prefix }}weight >= 0.999 then 'exact'
            when largest_{{ prefix }}weight >= 0.95 and weight_basis <> 'population' then 'good'
            when largest_{{ prefix }}weight >= 0.5 and weight_basis in ('population', 'address') then 'fair'
            else 'poor'
        end as {{ prefix }}fit_quality,
        {%- endfor %}
        weight,
        city_weight
    from weights
)

select * from final
