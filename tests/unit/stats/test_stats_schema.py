"""What all macros of the schema `stats` have in common: names and parameters, NULL, errors, names that must not collide, speed.

Here: rules that hold for all, tried on one valid call each. Not here: whether the figures are right (the module of the topic).
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

Call = Callable[..., Any]

# One valid call of every macro, with the parameters that docs and models use; the lists below spoil arguments.
CALLS: dict[str, dict[str, Any]] = {
    "proportion_ci": {"x": 3, "n": 10, "confidence": 0.95},
    "rate_ci": {"x": 3.25, "person_time": 10, "confidence": 0.95},
    "risk_ratio_ci": {"x1": 3, "n1": 10, "x0": 4, "n0": 20, "confidence": 0.95},
    "rate_ratio_ci": {"x1": 3, "t1": 10, "x0": 4, "t0": 20, "confidence": 0.95},
    "risk_difference_ci": {"x1": 3, "n1": 10, "x0": 4, "n0": 20, "confidence": 0.95},
    "change_ci": {"value1": 3, "low1": 2, "high1": 5, "value0": 4, "low0": 3, "high0": 6},
    "directly_standardised_rate_ci": {
        "events": [4, 9], "populations": [100, 80], "standard_populations": [1, 2], "confidence": 0.95,
    },
    "age_adjusted_rate_ci": {
        "events": [4, 9], "populations": [100, 80], "standard_populations": [1, 2], "confidence": 0.95,
    },
    "weighted_slope": {"xs": [1, 2, 3], "ys": [3, 1, 0], "weights": [1, 2, 1], "confidence": 0.95},
    "empirical_bayes_rates": {"events": [4, 9], "populations": [100, 80]},
    "empirical_bayes_proportions": {"events": [4, 9], "populations": [100, 80]},
    "fay_herriot": {"estimates": [4, 9], "variances": [1, 2]},
    "funnel_proportion_limits": {"target": 0.25, "n": 10, "level": 0.95},
    "funnel_rate_limits": {"target": 0.25, "person_time": 10, "level": 0.95},
    "median_ci": {"measurements": list(range(40)), "confidence": 0.95},
    "moe_to_se": {"moe": 12},
    "moe_sum": {"moes": [3, 4]},
    "moe_proportion": {"x": 3, "moe_x": 2, "y": 10, "moe_y": 1},
    "moe_product": {"a": 3, "moe_a": 2, "b": 10, "moe_b": 1},
    "between_group_variance": {"populations": [1, 2], "rates": [0.1, 0.2]},
    "theil_index": {"populations": [1, 2], "rates": [0.1, 0.2]},
    "mean_log_deviation": {"populations": [1, 2], "rates": [0.1, 0.2]},
    "index_of_disparity": {"populations": [1, 2], "rates": [0.1, 0.2], "weighted": True},
    "population_attributable_fraction": {"populations": [1, 2], "rates": [0.1, 0.2], "reference_rate": 0.1},
    "dissimilarity": {"group_a": [1, 2], "group_b": [3, 1]},
    "slope_index_of_inequality": {"populations": [1, 2], "rates": [0.1, 0.2]},
    "relative_concentration_index": {"populations": [1, 2], "rates": [0.1, 0.2]},
    "representation": {"participants": [1, 2], "populations": [3, 1]},
    "representation_score": {"participants": [1, 2], "populations": [3, 1]},
}  # fmt: skip
ARGUMENTS = [(function, name) for function, arguments in CALLS.items() for name in arguments]
# change_ci takes figures of any sign; test_comparisons.py has what it refuses.
NUMBERS = [
    (f, a)
    for f, a in ARGUMENTS
    if isinstance(CALLS[f][a], int | float) and a not in ("confidence", "level", "weighted") and f != "change_ci"
]
# points of a line and estimates have any sign; test_weighted_trends.py and test_small_areas.py have what else they refuse
OF_ANY_SIGN = {("weighted_slope", "xs"), ("weighted_slope", "ys"), ("fay_herriot", "estimates"), ("fay_herriot", "variances")}
LISTS = [(f, a) for f, a in ARGUMENTS if isinstance(CALLS[f][a], list) and (f, a) not in OF_ANY_SIGN]
WITH_CONFIDENCE = [f for f, a in ARGUMENTS if a == "confidence"]
DENOMINATORS = [
    (f, a) for f, a in ARGUMENTS if a in ("n", "person_time", "n1", "n0", "t1", "t0", "y") and "target" not in CALLS[f]
]
PARTS = [("proportion_ci", "x"), ("risk_ratio_ci", "x1"), ("risk_ratio_ci", "x0"), ("risk_difference_ci", "x1"),
         ("risk_difference_ci", "x0"), ("moe_proportion", "x")]  # fmt: skip


def spoiled(function: str, **changes: object) -> list[object]:
    return list({**CALLS[function], **changes}.values())


def test_the_schema_holds_these_macros_with_a_comment_each(stats_connection: duckdb.DuckDBPyConnection) -> None:
    found = stats_connection.execute(
        """
        select function_name, parameters, comment is not null from duckdb_functions()
        where schema_name = 'stats' and function_type = 'macro'
        """
    ).fetchall()
    assert {name: parameters for name, parameters, _ in found} == {name: list(arguments) for name, arguments in CALLS.items()}
    assert all(commented for *_, commented in found)


@pytest.mark.parametrize("function", CALLS)
def test_a_valid_call_has_a_value(stats: Call, function: str) -> None:
    result = stats(function, *CALLS[function].values())
    assert result is not None
    if function.endswith("_ci"):
        assert list(result) == ["low", "high"]
        assert result["low"] < result["high"]


def test_intervals_are_structs_of_doubles(stats_connection: duckdb.DuckDBPyConnection) -> None:
    for function in (name for name in CALLS if name.endswith("_ci")):
        arguments = ", ".join(str(value) for value in CALLS[function].values())
        row = stats_connection.execute(f"select typeof(stats.{function}({arguments}))").fetchone()
        assert row == ("STRUCT(low DOUBLE, high DOUBLE)",), function


@pytest.mark.parametrize(("function", "argument"), ARGUMENTS)
def test_null_in_null_out(stats: Call, function: str, argument: str) -> None:
    assert stats(function, *spoiled(function, **{argument: None})) is None


@pytest.mark.parametrize(("function", "argument"), LISTS)
def test_an_empty_list_or_an_unknown_element_is_null(stats: Call, function: str, argument: str) -> None:
    assert stats(function, *spoiled(function, **{argument: []})) is None
    assert stats(function, *spoiled(function, **{argument: [1, None, 2][: len(CALLS[function][argument])]})) is None


@pytest.mark.parametrize(("function", "argument"), DENOMINATORS)
def test_no_denominator_is_null(stats: Call, function: str, argument: str) -> None:
    numerator = {"n": "x", "person_time": "x", "n1": "x1", "n0": "x0", "t1": "x1", "t0": "x0", "y": "x"}[argument]
    assert stats(function, *spoiled(function, **{argument: 0, numerator: 0})) is None


def test_events_without_person_time_have_no_rate(stats: Call) -> None:
    assert stats("rate_ci", 3, 0, 0.95) is None
    assert stats("rate_ratio_ci", 3, 0, 4, 20, 0.95) is None


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize(("function", "argument"), NUMBERS)
def test_an_impossible_number_is_an_error_that_names_it(stats: Call, function: str, argument: str, wrong: float) -> None:
    with pytest.raises(duckdb.Error, match=rf"stats\.{function}: {argument} must be a finite number"):
        stats(function, *spoiled(function, **{argument: wrong}))


@pytest.mark.parametrize("wrong", ["-1", "'nan'::double", "'inf'::double"])  # text: a bound list turns NaN into NULL
@pytest.mark.parametrize(("function", "argument"), LISTS)
def test_an_impossible_element_is_an_error_that_names_the_list(
    stats_connection: duckdb.DuckDBPyConnection, function: str, argument: str, wrong: str
) -> None:
    rest = ", ".join([wrong, *(str(value) for value in CALLS[function][argument][1:])])
    arguments = ", ".join(f"[{rest}]" if name == argument else str(value) for name, value in CALLS[function].items())
    with pytest.raises(duckdb.Error, match=rf"stats\.{function}: {argument} must be finite numbers"):
        stats_connection.execute(f"select stats.{function}({arguments})")


@pytest.mark.parametrize(
    ("function", "argument"), [pair for pair in LISTS if pair[0] not in ("moe_sum", "median_ci", "weighted_slope")]
)
def test_lists_of_different_length_are_an_error(stats: Call, function: str, argument: str) -> None:
    with pytest.raises(duckdb.Error, match=rf"stats\.{function}: \w+ must have as many elements as \w+"):
        stats(function, *spoiled(function, **{argument: [1, 2, 3]}))


@pytest.mark.parametrize(("function", "argument"), PARTS)
def test_a_part_above_its_whole_is_an_error(stats: Call, function: str, argument: str) -> None:
    with pytest.raises(duckdb.Error, match=rf"stats\.{function}: {argument} must not be greater than"):
        stats(function, *spoiled(function, **{argument: 21}))


def test_an_event_out_of_no_one_is_impossible_not_missing(stats: Call) -> None:
    with pytest.raises(duckdb.Error, match="x must not be greater than n"):
        stats("proportion_ci", 1, 0, 0.95)


@pytest.mark.parametrize("wrong", [0, 0.5, 0.949, 0.951, 0.998, 1, 90, 95, -0.95])
@pytest.mark.parametrize("function", WITH_CONFIDENCE)
def test_another_confidence_is_an_error(stats: Call, function: str, wrong: float) -> None:
    with pytest.raises(duckdb.Error, match=rf"stats\.{function}: confidence must be 0\.90, 0\.95 or 0\.99"):
        stats(function, *spoiled(function, confidence=wrong))


@pytest.mark.parametrize("function", WITH_CONFIDENCE)
def test_more_confidence_is_a_wider_interval(stats: Call, function: str) -> None:
    narrow, middle, wide = (stats(function, *spoiled(function, confidence=c)) for c in (0.90, 0.95, 0.99))
    assert wide["low"] < middle["low"] < narrow["low"] < narrow["high"] < middle["high"] < wide["high"]


def test_an_error_does_not_quote_the_value(stats: Call) -> None:
    with pytest.raises(duckdb.Error) as caught:
        stats("proportion_ci", 8_675_309, 10, 0.95)
    assert "8675309" not in str(caught.value)


def test_a_guard_keeps_bad_rows_from_stopping_a_query(stats_connection: duckdb.DuckDBPyConnection) -> None:
    rows = stats_connection.execute(
        "select case when x <= n then stats.proportion_ci(x, n, 0.95) end is null from (values (1, 10), (11, 10)) as cell(x, n)"
    ).fetchall()
    assert rows == [(False,), (True,)]


def literals(function: str) -> str:
    return ", ".join(str(value) for value in CALLS[function].values())


@pytest.mark.parametrize("function", CALLS)
def test_callers_names_are_not_captured(
    stats: Call, stats_sql: Callable[[str], str], stats_connection: duckdb.DuckDBPyConnection, function: str
) -> None:
    """A caller may call tables and columns what it likes, also like a macro's variables and fields, also under `group by`."""
    text = stats_sql("memory")
    variables = sorted({name for pair in re.findall(r"lambda (\w+)(?:, (\w+))?:", text) for name in pair if name})
    fields = sorted(set(re.findall(r"'(\w+)':", text)) | set(variables))
    assert {"s", "mu"} <= set(variables)
    assert {"x", "populations"} <= set(fields)
    expected = stats(function, *CALLS[function].values())
    columns = dict(zip(variables, CALLS[function].values(), strict=False))
    decoys = [name for name in fields if name not in columns]
    table = "select " + ", ".join([*(f"{v} as {k}" for k, v in columns.items()), *(f"99 as {name}" for name in decoys)])
    for alias in variables:
        for arguments, tail in (
            (", ".join(columns), ""),
            (", ".join(f"{alias}.{name}" for name in columns), ""),
            (", ".join(f"any_value({name})" for name in columns), "group by all"),
        ):
            query = f"select stats.{function}({arguments}) from ({table}) as {alias} {tail}"
            assert stats_connection.execute(query).fetchone() == (expected,), query


def test_each_is_alone_in_a_read_only_file_under_any_alias(stats: Call, stats_sql: Callable[[str], str], tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'written.duckdb'}' as release")
        connection.execute(stats_sql("release"))
        connection.execute(stats_sql("release"))  # the hook runs on every build
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'written.duckdb'}' as another_name (read_only)")
        for function, arguments in CALLS.items():
            row = connection.execute(f"select another_name.stats.{function}({literals(function)})").fetchone()
            assert row == (stats(function, *arguments.values()),), function
    with duckdb.connect(tmp_path / "written.duckdb", read_only=True) as connection:
        assert connection.execute("select stats.moe_to_se(1645)").fetchone() == (1000.0,)


ROWS = 50_000
# A macro that grew quadratic or made a query per row would take hundreds of times as long as this; when written the slowest took
# 18 times as long (2.4 µs a call). A ratio, since seconds say more of a machine that runs other tests than of a macro.
YARDSTICK = "list_sum(list_transform(groups, lambda size: sqrt(size)))"
MOST_TIMES = 60


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("proportion_ci", "x, n, 0.95"),
        ("rate_ci", "x, n, 0.95"),
        ("rate_ci", "few, n, confidence"),
        ("risk_ratio_ci", "x, n, few, n, 0.95"),
        ("rate_ratio_ci", "x, n, few, n, 0.95"),
        ("risk_difference_ci", "x, n, few, n, 0.95"),
        ("directly_standardised_rate_ci", "events, groups, groups, 0.95"),
        ("moe_to_se", "x"),
        ("moe_sum", "groups"),
        ("moe_proportion", "x, few, n, few"),
        ("moe_product", "x, few, n, few"),
        ("between_group_variance", "groups, events"),
        ("theil_index", "groups, events"),
        ("mean_log_deviation", "groups, events"),
        ("index_of_disparity", "groups, events, true"),
        ("population_attributable_fraction", "groups, events, few"),
        ("dissimilarity", "groups, events"),
        ("slope_index_of_inequality", "groups, events"),
        ("relative_concentration_index", "groups, events"),
        ("representation", "events, groups"),
        ("representation_score", "events, groups"),
    ],
)
def test_a_call_takes_at_most_so_many_times_as_long_as_summing_a_list(
    stats_connection: duckdb.DuckDBPyConnection, function: str, arguments: str
) -> None:
    stats_connection.execute(
        f"""
        create table if not exists cells as
        select
            1 + hash(i) % 3000 / 100 as x, 1 + hash(i + 1) % 800 / 100 as few, 50 + i % 100 as n,
            list_extract([0.90, 0.95, 0.99], 1 + i % 3) as confidence,
            [10 + i % 7, 20, 30 + i % 11, 40, 50, 60, 70 + i % 13] as groups,
            [2 + i % 5, 3, 4 + i % 9, 5, 6, 7, 8 + i % 3] as events
        from range({ROWS}) as r(i)
        """
    )

    def seconds(expression: str) -> float:
        start = time.process_time()
        stats_connection.execute(f"create or replace temp table answer as select {expression} as a from cells")
        return time.process_time() - start

    yardsticks, calls = zip(*((seconds(YARDSTICK), seconds(f"stats.{function}({arguments})")) for _ in range(3)), strict=True)
    row = stats_connection.execute("select count(a) from answer").fetchone()
    assert row == (ROWS,)
    assert min(calls) <= MOST_TIMES * min(yardsticks)
