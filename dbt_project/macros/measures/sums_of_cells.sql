{#
    The columns of int_student_outcomes__cells added up: what is given, of how many students, how many cells are hidden, and the most
    students that they can hold, NULL where the size of one is not known.
#}
{% macro sums_of_cells() -%}
    sum(outcome_count) filter (cell_status = 'computed') as outcome_count,
        {{ sum_in_order('rated_count', among="cell_status = 'computed'") }} as rated_count,
        sum(students_count) as students_count,
        sum(students_count) filter (cell_status = 'computed') as shown_students,
        count(*) filter (cell_status = 'suppressed_at_source') as hidden_cells,
        count(*) filter (cell_status = 'not_collected') as missing_cells,
        case
            when count(*) filter (cell_status = 'suppressed_at_source' and hidden_students is null) = 0
                then coalesce(sum(hidden_students), 0)
        end as hidden_students,
        coalesce(sum(hidden_students) filter (students_count is null), 0) as unlisted_students
{%- endmacro %}
