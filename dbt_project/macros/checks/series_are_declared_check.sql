{# Versions of measures and series breaks that do not belong together: a later version without a break, a break without its version,
   a break at a first version, a version number that skips one. #}
{% macro series_are_declared_check(relation, measures) -%}
    select coalesce(registered.measure_id, breaks.measure_id) as measure_id, coalesce(registered.measure_version, breaks.measure_version) as measure_version
    from (
        select
            measure_id,
            measure_version,
            row_number() over (partition by measure_id order by measure_version) as running_number
        from {{ measures }}
    ) as registered
    full join {{ relation }} as breaks
        on registered.measure_id = breaks.measure_id and registered.measure_version = breaks.measure_version
    where
        registered.measure_id is null
        or (registered.measure_version > 1) <> (breaks.measure_id is not null)
        or registered.measure_version <> registered.running_number
{%- endmacro %}
