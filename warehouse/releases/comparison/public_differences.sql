-- `compared`, `public_figures`: one row per row of `published.equity_measures` in the attached files `before` and `after`: what happened to its figure, and why.
-- A figure is a row with a value. A value that is not shown now is not repeated from the earlier file.
create or replace temp table compared as
select
    {keys},
    old.measure_id is not null as was_row,
    new.measure_id is not null as is_row,
    old.value as old_value,
    new.value as new_value,
    old.publication_status as old_status,
    case
        when new.publication_status = 'suppressed' then 'hidden'
        when {is_hidden_at_source} then 'hidden_at_source'
        else new.publication_status
    end as new_status,
    case
        when old.value is null and new.value is not null then 'appear'
        when old.value is not null and new.value is null then 'vanish'
        when old.value is not null and ({is_changed}) then 'change'
    end as event,
    case when was_row and is_row then list_filter([{differs}]::varchar[], lambda name: name is not null) else [] end as differs
from before.published.equity_measures as old
full join after.published.equity_measures as new on {same_row};

create or replace temp view public_figures as
with present as (
    select
        *,
        -- whether the file that lacks the row has its measure, definition, map, place, group and period at all
        bool_or(was_row) over of_measure as had_measure,
        bool_or(is_row) over of_measure as has_measure,
        bool_or(was_row) over of_version as had_version,
        bool_or(is_row) over of_version as has_version,
        bool_or(was_row) over of_map as had_map,
        bool_or(is_row) over of_map as has_map,
        bool_or(was_row) over of_place as had_place,
        bool_or(is_row) over of_place as has_place,
        bool_or(was_row) over of_group as had_group,
        bool_or(is_row) over of_group as has_group,
        bool_or(was_row) over of_period as had_period,
        bool_or(is_row) over of_period as has_period
    from compared
    window
        of_measure as (partition by measure_id),
        of_version as (partition by measure_id, measure_version),
        of_map as (partition by measure_id, geography_type, geography_vintage),
        of_place as (partition by measure_id, geography_type, geography_vintage, geoid),
        of_group as (partition by measure_id, race_standard, race_ethnicity_code, tabulation, method, stratum_type, stratum_code),
        of_period as (partition by measure_id, period_type, period_start)
)
select
    * exclude (old_value, new_value, old_status),
    case event when 'change' then old_value end as value_before,
    new_value as value_after,
    case
        when event = 'vanish' and is_row then new_status
        when event = 'appear' and was_row then 'was_' || case old_status when 'suppressed' then 'hidden' else old_status end
        when not had_measure then 'new_measure'
        when not had_version then 'new_definition'
        when not had_map then 'new_map'
        when not had_place then 'new_place'
        when not had_period then 'new_period'
        when not had_group then 'new_group'
        when not was_row then 'newly_published'
        when not has_measure then 'measure_gone'
        when not has_version then 'definition_gone'
        when not has_map then 'map_gone'
        when not has_place then 'place_gone'
        when not has_period then 'period_gone'
        when not has_group then 'group_gone'
        when not is_row then 'no_longer_published'
    end as reason
from present;

-- One row per measure, and one of all with the measure NULL.
create or replace temp view public_counts as
select
    measure_id,
    count(*) filter (event = 'appear') as appear,
    count(*) filter (event = 'change') as change,
    count(*) filter (event = 'vanish') as vanish,
    count(*) filter (event = 'vanish' and new_status = 'hidden') as hidden,
    count(*) filter (event is null and not was_row) as rows_new,
    count(*) filter (event is null and not is_row) as rows_left,
    count(*) filter (event is null and was_row and is_row and len(differs) > 0) as other
from compared
group by grouping sets ((), (measure_id));

-- One row per measure that differs: its counts, the reasons of figures and rows that one file lacks, and columns that differ.
create or replace temp view public_measures as
with reasons as (
    select measure_id, map_from_entries(list((reason, figures) order by figures desc, reason)) as reasons
    from (
        select measure_id, reason || case when event is null then '_without_figure' else '' end as reason, count(*) as figures
        from public_figures
        where event in ('appear', 'vanish') or was_row <> is_row
        group by all
    )
    group by measure_id
),
columns as (
    select measure_id, map_from_entries(list((name, figures) order by figures desc, name)) as columns
    from (
        select measure_id, name, count(*) as figures
        from (select measure_id, unnest(differs) as name from compared)
        group by all
    )
    group by measure_id
)
select public_counts.*, reasons.reasons, columns.columns
from public_counts
left join reasons on public_counts.measure_id = reasons.measure_id
left join columns on public_counts.measure_id = columns.measure_id
where public_counts.measure_id is not null and appear + change + vanish + rows_new + rows_left + other > 0
order by vanish desc, change desc, appear desc, public_counts.measure_id;
