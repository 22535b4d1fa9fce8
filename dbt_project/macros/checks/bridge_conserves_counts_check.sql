{#
    Pairs of maps between which a count changes: the total of the places of one map, moved by the bridge to every other, must stay the
    same, to 1e-6. A place that is missing in the bridge loses its people here.
#}
{% macro bridge_conserves_counts_check(relation, bridge, value, by) -%}
    with
    counts as (
        select {{ by | join(', ') }}, geography_type, geography_vintage, geoid, sum({{ value }}) as people
        from {{ relation }}
        group by all
    ),

    totals as (
        select {{ by | join(', ') }}, geography_type, geography_vintage, sum(people) as people
        from counts
        group by all
    ),

    moved as (
        select
            {% for column in by %}counts.{{ column }}, {% endfor %}counts.geography_type, counts.geography_vintage,
            bridge.to_type, bridge.to_vintage, sum(bridge.weight * counts.people) as people
        from counts
        inner join {{ bridge }} as bridge
            on counts.geography_type = bridge.from_type
            and counts.geography_vintage = bridge.from_vintage
            and counts.geoid = bridge.from_geoid
        group by all
    ),

    pairs as (
        select distinct from_type, from_vintage, to_type, to_vintage from {{ bridge }}
    )

    select totals.*, pairs.to_type, pairs.to_vintage, moved.people as moved_people
    from totals
    inner join pairs on totals.geography_type = pairs.from_type and totals.geography_vintage = pairs.from_vintage
    left join moved
        on {% for column in by %}totals.{{ column }} = moved.{{ column }} and {% endfor %}totals.geography_type = moved.geography_type
        and totals.geography_vintage = moved.geography_vintage
        and pairs.to_type = moved.to_type
        and pairs.to_vintage = moved.to_vintage
    where abs(totals.people - coalesce(moved.people, 0)) > 1e-6
{%- endmacro %}
