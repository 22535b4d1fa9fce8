{#
The interval of a median. Here: median_ci, over a list of one element a record. Not here: medians of durations that were cut off
(macros/measures/kaplan_meier_median.sql), which need to know when each was.
#}

{# Order statistics: the r-th smallest and r-th largest value, r = floor((n + 1 - z sqrt(n)) / 2). Conover (1999), Practical
   Nonparametric Statistics, section 3.2; Campbell and Gardner (1988) BMJ 296:1454. Against the exact binomial ranks it is the same
   or one rank wider for every n, and has no interval for the same n (below 6 at 95 %): never narrower than its nominal level. #}
{% macro stats_median_ci(database) %}
create or replace macro {{ database }}.stats.median_ci(measurements, confidence) as
    list_transform([{'measurements': measurements::double[], 'z': {{ stats_z('median_ci') }}}], lambda s: case
        when s['z'] is null then null
        {{ stats_check_lists('median_ci', ['measurements']) }}
        else list_transform(
            [floor((len(s['measurements']) + 1 - s['z'] * sqrt(len(s['measurements']))) / 2)::bigint],
            lambda r: case when r >= 1 then {
                'low': list_sort(s['measurements'])[r],
                'high': list_sort(s['measurements'])[len(s['measurements']) + 1 - r]
            } end
        )[1]
    end)[1];
comment on macro {{ database }}.stats.median_ci is
    'Interval of the median of a list by order statistics; NULL for fewer values than the confidence needs (6 at 0.95)';
{% endmacro %}
