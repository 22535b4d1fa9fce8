{#
The `stats` schema: every formula that the models use and that an analyst may call on the published files.

Here: the one entry point. `create_stats_macros(database)` is the SQL text (several statements) that creates the schema and
all macros in an attached database; it is called for both release files in `on-run-start`. The macros themselves are in the
files next to this one, grouped by topic; formulas, sources and worked figures are in docs/methods.md. Not here: anything
that reads a table.

Rules that every macro in this folder keeps, held by tests/unit/stats:
- It is self-contained. A macro that calls another breaks when the file is attached under another alias, so what they share is
  Jinja (helpers.sql), written out into each.
- `list_transform([{...}], lambda s: ...)[1]` is how SQL says "let". Parameters appear only in the struct, never inside the
  lambda: a caller's column called `s` would be captured. Fields are read as `s['x']`, never `s.x`: a caller's table with
  the alias `s` and a column `x` would win, silently.
- Everything is cast to DOUBLE on the way in. A bare 1.96 is a DECIMAL in DuckDB: rounded, and thirty times slower.
- Guards first (NULL, then impossible input), arithmetic in the last branch of a CASE: `error()` is evaluated only for rows
  that reach it. An error names the function and the argument, never the value, which may be private.
#}
{% macro create_stats_macros(database) %}
create schema if not exists {{ database }}.stats;
{{ stats_proportion_ci(database) }}
{{ stats_rate_ci(database) }}
{{ stats_risk_ratio_ci(database) }}
{{ stats_rate_ratio_ci(database) }}
{{ stats_risk_difference_ci(database) }}
{{ stats_change_ci(database) }}
{{ stats_directly_standardised_rate_ci(database) }}
{{ stats_age_adjusted_rate_ci(database) }}
{{ stats_weighted_slope(database) }}
{{ stats_empirical_bayes_rates(database) }}
{{ stats_empirical_bayes_proportions(database) }}
{{ stats_fay_herriot(database) }}
{{ stats_funnel_proportion_limits(database) }}
{{ stats_funnel_rate_limits(database) }}
{{ stats_median_ci(database) }}
{{ stats_moe_to_se(database) }}
{{ stats_moe_sum(database) }}
{{ stats_moe_proportion(database) }}
{{ stats_moe_product(database) }}
{{ stats_between_group_variance(database) }}
{{ stats_theil_index(database) }}
{{ stats_mean_log_deviation(database) }}
{{ stats_index_of_disparity(database) }}
{{ stats_population_attributable_fraction(database) }}
{{ stats_dissimilarity(database) }}
{{ stats_slope_index_of_inequality(database) }}
{{ stats_relative_concentration_index(database) }}
{{ stats_representation(database) }}
{{ stats_representation_score(database) }}
{% endmacro %}
