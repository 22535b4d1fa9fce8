-- one row per measure, method, type of place and type of period for which it has rows
with
measures as (
    select * from {{ ref('dim_measure') }}
),

-- the registry has `place:finest period|…`
named as (
    select
        measure_id,
        measure_version,
        'individual' as method,
        stratified_places,
        unnest(string_split(places, '|')) as place
    from measures
    union all
    select
        measure_id,
        measure_version,
        'place_weighted' as method,
        null as stratified_places,
        unnest(string_split(weighted_places, '|')) as place
    from measures
),

-- what is counted by month is counted by quarter and year too; a snapshot or a publisher's window is nothing else
periods (finest_period, period_type) as (
    values
    ('month', 'month'), ('month', 'quarter'), ('month', 'year'), ('quarter', 'quarter'), ('quarter', 'year'), ('year', 'year'),
    ('snapshot', 'snapshot'), ('multi_year', 'multi_year')
),

-- a type of the city has the measures of the type to which it is equivalent
expanded as (
    select
        named.* exclude (place),
        unnest({{ types_equivalent_to("split_part(named.place, ':', 1)") }}) as geography_type,
        split_part(named.place, ':', 2) as finest_period,
        coalesce(list_contains(string_split(named.stratified_places, '|'), split_part(named.place, ':', 1)), false) as is_stratified
    from named
),

final as (
    select
        expanded.measure_id,
        expanded.measure_version,
        expanded.method,
        expanded.geography_type,
        periods.period_type,
        expanded.is_stratified
    from expanded
    inner join periods on expanded.finest_period = periods.finest_period
)

select * from final
