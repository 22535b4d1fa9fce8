{#
    Medians of persons' amounts or durations on the grid of their measure (seed order_statistics, docs/rules.md, Order statistics): the
    value rounded to the nearest point, limits rounded outward, and what the bins hold of which these points are. A bin is all amounts
    that are rounded to one point; its records are those of the place, period and stratum, whatever their race. Everything that follows
    from the figure, ratios and words, follows from these.

    measured: a relation with value, ci_low and ci_high, one row per `within` and race · records: a relation with race_ethnicity_code and
    the columns of `within` · amount: SQL of the amount of a row of records · number: SQL of how many records the row is
#}
{% macro on_grid(measured, records, measure_id, amount, within, number='1') -%}
    {%- set points = {'bin': ['value', 'round'], 'low_bin': ['ci_low', 'floor'], 'high_bin': ['ci_high', 'ceil']} %}
    select
        measured.* replace (
            {%- for column, rounding in points.values() %}
            {{ rounding }}(measured.{{ column }} / grids.grid) * grids.grid as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        ),
        coalesce(bins.bin_records, 0) as bin_records,
        coalesce(bins.bin_races, 0) as bin_races,
        coalesce(least(bins.low_bin_records, bins.high_bin_records), 0) as limit_bin_records,
        coalesce(least(bins.low_bin_races, bins.high_bin_races), 0) as limit_bin_races
    from {{ measured }} as measured
    left join {{ ref('order_statistics') }} as grids on grids.measure_id = '{{ measure_id }}'
    left join (
        select
            {%- for column in within + ['race_ethnicity_code'] %}
            places.{{ column }},
            {%- endfor %}
            {%- for bin, (column, rounding) in points.items() %}
            {%- set is_in = rounding ~ '(amounts.amount / grids.grid) = ' ~ rounding ~ '(places.' ~ column ~ ' / grids.grid)' %}
            cast(coalesce(sum(amounts.number) filter ({{ is_in }}), 0) as double) as {{ bin }}_records,
            cast(count(distinct amounts.known_code) filter ({{ is_in }}) as double) as {{ bin }}_races{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ measured }} as places
        inner join {{ ref('order_statistics') }} as grids on grids.measure_id = '{{ measure_id }}'
        inner join (
            select
                {%- for column in within %}
                records.{{ column }},
                {%- endfor %}
                cast({{ amount }} as double) as amount,
                {{ number }} as number,
                case when {{ says_race('races') }} then records.race_ethnicity_code end as known_code
            from {{ records }} as records
            inner join {{ ref('race_ethnicity') }} as races on records.race_ethnicity_code = races.race_ethnicity_code
            where races.kind <> 'total' and {{ number }} > 0
        ) as amounts
            on
                {%- for column in within %}
                places.{{ column }} is not distinct from amounts.{{ column }}{{ ' and' if not loop.last }}
                {%- endfor %}
        group by all
    ) as bins
        on
            {%- for column in within + ['race_ethnicity_code'] %}
            measured.{{ column }} is not distinct from bins.{{ column }}{{ ' and' if not loop.last }}
            {%- endfor %}
{%- endmacro %}
