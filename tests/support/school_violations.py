"""For each rule of the suites of school tables, a change to a good release that breaks it. See also `mart_violations`."""

from __future__ import annotations

OF_SCHOOLS = [
    ("fct_student_outcomes", "one_row_per_group", "set group_reported = 'group 1'"),
    ("fct_student_outcomes", "suppressed_is_not_zero", "set students_count = 0 where student_outcome_key = 'k2'"),
    ("fct_student_outcomes", "computed_has_value", "set students_count = null where student_outcome_key = 'k1'"),
    ("fct_student_outcomes", "suppressed_is_not_zero", "set outcome_pct = 0 where student_outcome_key = 'a2'"),
    ("fct_student_outcomes", "computed_has_value", "set outcome_pct = null where student_outcome_key = 'a1'"),
    ("fct_student_outcomes", "gap_says_why", "set gap_reason = null where student_outcome_key = 'a3'"),
    ("fct_student_outcomes", "gap_says_why", "set gap_reason = 'invalid' where student_outcome_key = 'a1'"),
    ("fct_student_outcomes", "gap_is_told", "set gap_reason = 'not_told' where student_outcome_key = 'a3'"),
    ("fct_student_outcomes", "small_groups_are_small", "set students_count = 20 where student_outcome_key = 'a3'"),
    ("fct_student_outcomes", "share_within_0_100", "set students_pct = 101 where _source_row = 1 and metric = 'enrollment'"),
    ("fct_student_outcomes", "share_within_0_100", "set outcome_pct = 101 where student_outcome_key = 'a1'"),
    ("fct_student_outcomes", "share_within_0_100", "set extended_pct = 101 where student_outcome_key = 'c1'"),
    ("fct_student_outcomes", "rate_is_of_counts", "set outcome_pct = 90 where student_outcome_key = 'c1'"),
    ("fct_student_outcomes", "extended_has_timeframe", "set extended_years = null where student_outcome_key = 'c1'"),
    ("fct_student_outcomes", "extended_has_timeframe", "set extended_gap_reason = null where student_outcome_key = 'c2'"),
    ("fct_student_outcomes", "groups_within_total", "set students_count = 21 where student_outcome_key = 'c3'"),
    ("fct_student_outcomes", "groups_within_total", "set diplomas_count = 41 where student_outcome_key = 'c2'"),
    ("fct_student_outcomes", "school_year_read", "set period_start = null where _source_row = 1"),
    ("fct_student_outcomes", "group_mapped", "set stratum_code = 'not_mapped' where _source_row = 1"),
    ("fct_school_assessments", "one_row_per_group", "set group_reported = 'group 1'"),
    ("fct_school_assessments", "suppressed_is_not_zero", "set proficient_count = 0 where _source_row = 2"),
    ("fct_school_assessments", "computed_has_value", "set proficient_count = null where school_assessment_key = 'act1'"),
    ("fct_school_assessments", "gap_says_why", "set gap_reason = null where _source_row = 2"),
    # of those tested, as if the ACT were the Forward exam
    (
        "fct_school_assessments",
        "percentage_is_of_its_students",
        "set denominator_count = 40 where school_assessment_key = 'act1'",
    ),
    (
        "fct_school_assessments",
        "percentage_is_of_its_students",
        "set proficient_count = 30 where school_assessment_key = 'forward1'",
    ),
    ("fct_school_assessments", "share_within_0_100", "set below_pct = 101 where school_assessment_key = 'act1'"),
    ("fct_school_assessments", "share_within_0_100", "set tested_count = 51 where school_assessment_key = 'act1'"),
    (
        "fct_school_assessments",
        "no_year_of_one_value",
        "insert into {t} select t.* replace ('x' || n as school_assessment_key, 'group ' || n as group_reported) "
        "from (from {t} where school_assessment_key = 'forward1') as t cross join range(20) as r (n)",
    ),
    ("fct_school_assessments", "school_year_read", "set period_start = null where _source_row = 1"),
    ("fct_school_assessments", "group_mapped", "set stratum_code = 'not_mapped' where _source_row = 1"),
    ("fct_school_removals", "one_row_per_group", "set group_reported = 'group 1'"),
    ("fct_school_removals", "suppressed_is_not_zero", "set removals_count = 0, students_count = 9 where _source_row = 2"),
    ("fct_school_removals", "computed_has_value", "set removals_count = null where school_removal_key = 'all1'"),
    ("fct_school_removals", "gap_says_why", "set gap_reason = null where _source_row = 2"),
    (
        "fct_school_removals",
        "all_is_suspensions_and_expulsions",
        "set removals_count = 49 where school_removal_key = 'suspension1'",
    ),
    ("fct_school_removals", "rate_is_of_counts", "set removals_per_100_reported = 124 where school_removal_key = 'all1'"),
    (
        "fct_school_removals",
        "small_cells_have_as_many_events",
        "insert into {t} select t.* replace ('few' || n as school_removal_key, 'few ' || n as group_reported, "
        "4 as students_count, 0 as removals_count, null as removals_per_100_reported) "
        "from (from {t} where school_removal_key = 'all1') as t cross join range(100) as r (n)",
    ),
    ("fct_school_removals", "school_year_read", "set period_start = null where _source_row = 1"),
    ("fct_school_removals", "group_mapped", "set stratum_code = 'not_mapped' where _source_row = 1"),
]
