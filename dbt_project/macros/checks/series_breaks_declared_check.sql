{# Versions of measures and series breaks that do not belong together: a later version without a break, a break without its measure,
   a break at a first version or beyond the newest, a version number that skips one. A version that was replaced everywhere, because
   it was wrong, needs no row of its own: the break of the version after it records what changed. #}
{% macro series_breaks_declared_check(relation, measures) -%}
    select coalesce(versions.measure_id, breaks.measure_id) as measure_id, coalesce(versions.measure_version, breaks.measure_version) as measure_version
    from (
        select
            measure_id,
            unnest(range(1, max(measure_version) + 1)) as measure_version
        from {{ measures }}
        group by measure_id
    ) as versions
    full join (select measure_id, measure_version from {{ relation }} where measure_version is not null) as breaks
        on versions.measure_id = breaks.measure_id and versions.measure_version = breaks.measure_version
    where
        versions.measure_id is null
        or (versions.measure_version > 1) <> (breaks.measure_id is not null)
{%- endmacro %}
