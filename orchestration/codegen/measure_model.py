"""Write the counts model of a new measure, and the skeleton of its unit test, from the columns of its fact.

See `measure_files` for the seed rows, and docs/add-a-measure.md for the choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.settings import ConfigurationError
from orchestration.transform.model_files import ModelFile
from warehouse.printable import did_you_mean

KINDS = ("proportion", "composition", "rate", "count")
DATED, RACE = "occurred_on", "race_ethnicity_code"
# of a fact whose records are geocoded: the columns of the macro piece_columns
PLACED = ("tract_geoid", "aldermanic_district_geoid", "neighborhood_geoid")
NOT_YET = -1  # no count: the test of a skeleton fails until a person has written what they expect


@dataclass(frozen=True)
class Definition:
    """What a measure counts. `counted` and `among` are SQL conditions over a row of the fact."""

    measure_id: str
    kind: str
    fact: ModelFile
    source: str
    counted: str | None
    among: str | None
    numerator: str
    denominator: str
    is_of_city: bool = True  # a source of a county or state has one place, which it covers

    @property
    def model(self) -> str:
        """The name of its counts model."""
        return f"int_{self.measure_id}__counts"

    @property
    def has_race(self) -> bool:
        """Whether the records of the fact carry race."""
        return RACE in self.fact.columns

    @property
    def has_place(self) -> bool:
        """Whether the records of the fact are geocoded."""
        return self.is_of_city and all(column in self.fact.columns for column in PLACED)

    @property
    def places(self) -> str:
        """The types of place with their finest period, as the registry has them."""
        named = "neighborhood" if self.fact.meta.get("counts_of_places") else "aldermanic_district"
        return f"city:month|{named}:year" if self.has_place else ""

    @property
    def is_share(self) -> bool:
        """Whether the model counts a denominator: that of a rate is a population, and a count has none."""
        return self.kind in ("proportion", "composition")


def find_fact(name: str, models: Mapping[str, ModelFile], kind: str) -> ModelFile:
    """The fact of this name, if a measure of this kind can count its rows; `ConfigurationError` otherwise."""
    facts = {n: model for n, model in models.items() if model.folder.startswith("marts/facts") and "source" in model.columns}
    if name not in facts:
        raise ConfigurationError(f"no fact is called {name!r}. {did_you_mean(name, facts)}`levelground tables` lists them")
    fact = facts[name]
    has_counts = fact.meta.get("counts_of_places") and any(column.endswith("_count") for column in fact.columns)
    if not fact.meta.get("dated") or fact.meta.get("is_stock") or has_counts:
        raise ConfigurationError(
            f"{name} is no fact of dated records (meta `dated`): its rows are snapshots or counts, which are not counted. "
            "Write its counts model by hand, from one of dbt_project/models/measures/counts"
        )
    if kind == "composition" and RACE not in fact.columns:
        raise ConfigurationError(f"{name} has no column {RACE}, so it has no composition by race; choose another --kind")
    return fact


def counts_sql(measure: Definition) -> str:
    """The counts model: records to days, days to periods, periods to places."""
    grain = ["period", *(["place"] if measure.has_place else []), *(["race"] if measure.has_race else [])]
    of = f", of {_lower(measure.denominator)}" if measure.is_share else ""
    conditions = [f"{DATED} is not null", *([f"({measure.among})"] if measure.among else [])]
    if measure.counted and measure.kind != "proportion":
        conditions.append(f"({measure.counted})")
    is_counted = f"coalesce({measure.counted}, false)" if measure.counted and measure.kind == "proportion" else "true"
    columns = ["source", "jurisdiction", DATED, *(["{{ piece_columns() }}"] if measure.has_place else [])]
    columns += ["race_standard", RACE] if measure.has_race else ["{{ without_race() }}"]
    columns += ["{{ without_stratum() }}", f"{is_counted} as is_counted"]
    days, race = (
        ("days_and_all", "days_and_all as (\n    {{ and_all_races('days') }}\n),\n\n") if measure.has_race else ("days", "")
    )
    return (
        f"-- one row per {' and '.join([', '.join(grain[:-1]), grain[-1]]) if len(grain) > 1 else grain[0]}: "
        f"{_lower(measure.numerator)}{of}\n"
        "with\nrecords as (\n    select\n"
        + ",\n".join(f"        {column}" for column in columns)
        + f"\n    from {{{{ ref('{measure.fact.name}') }}}}\n    where\n        "
        + "\n        and ".join(conditions)
        + "\n),\n\n"
        "days as (\n    select\n        * exclude (is_counted),\n        count(*) as records_count,\n"
        "        count(*) filter (where is_counted) as counted_count\n    from records\n    group by all\n),\n\n"
        f"{race}periods as (\n    {{{{ by_period('{days}') }}}}\n),\n\n"
        f"{_places(measure)}"
        "final as (\n    select\n"
        f"        '{measure.measure_id}' as measure_id,\n        1 as measure_version,\n        {_figures(measure)}\n"
        "    from with_place\n)\n\nselect * from final\n"
    )


def _places(measure: Definition) -> str:
    denominator = ", 'denominator': 'sum(records_count)'" if measure.kind == "proportion" else ""
    if measure.has_place:
        return (
            "with_place as (\n    {{ by_place(\n"
            f"        'periods', '{measure.measure_id}',\n"
            f"        {{'numerator': 'sum(counted_count)'{denominator}}}, records='records_count'\n"
            "    ) }}\n),\n\n"
        )
    counts = "sum(counted_count) as numerator" + (",\n        sum(records_count) as denominator" if denominator else "")
    return (
        "with_place as (\n    select\n        source,\n        jurisdiction,\n        period_type,\n        period_start,\n"
        "        period_end,\n        {{ jurisdiction_place() }},\n        race_standard,\n        race_ethnicity_code,\n"
        "        'exclusive' as tabulation,\n        'individual' as method,\n        stratum_type,\n        stratum_code,\n"
        f"        {counts}\n    from periods\n    group by all\n),\n\n"
    )


def _figures(measure: Definition) -> str:
    if measure.kind != "composition":
        return "*"
    piece = ", piece_tract_geoid" if measure.has_place else ""
    return (
        "*,\n        max(numerator) filter (where race_ethnicity_code = 'all') over (\n            partition by\n"
        "                source, jurisdiction, period_type, period_start, geography_type, geography_vintage, geoid,\n"
        f"                method, race_standard{piece}\n        ) as denominator"
    )


def unit_test(measure: Definition, place_geoid: str) -> str:
    """The skeleton of a unit test: two records of January, of which a person writes how many count."""
    race = ", race_standard: spd15_1997, race_ethnicity_code: black" if measure.has_race else ""
    city = "method: individual, geography_type: city, period_type: month, is_stratified: false"
    step = f"          - {{measure_id: {measure.measure_id}, {city}}}\n"
    steps = f"      - input: ref('int_equity_measures__reporting_grain')\n        rows:\n{step}" if measure.has_place else ""
    counts = f"numerator: {NOT_YET}" + (f", denominator: {NOT_YET}" if measure.is_share else "")
    expected = "".join(
        f"        - {{period_type: {period}, period_start: 2025-01-01, race_ethnicity_code: {code}, {counts}}}\n"
        for period in (("month",) if measure.has_place else ("month", "quarter", "year"))
        for code in (("all", "black") if measure.has_race else ("all",))
    )
    return f"""
  - name: {measure.measure_id}__counts_its_records
    # decide: write the columns of your conditions into `given`, and the true counts into `expect`; it fails until then
    description: "{measure.numerator}."
    model: {measure.model}
    given:
      - input: ref('{measure.fact.name}')
        rows:
          - &{measure.measure_id} {{source: s, jurisdiction: "{place_geoid}", {DATED}: 2025-01-15{race}}}
          - {{<<: *{measure.measure_id}}}
{steps}    expect:
      rows:
{expected}"""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
