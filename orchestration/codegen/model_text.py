"""Write the staging model, the fact, their YAML and the suite of a source as text, from their plan.

The text is a start: people add what only they know, such as codes for a category. See `codegen.generate` for the files.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence

from orchestration.codegen.model_plan import ModelPlan
from warehouse.sql import literal

METADATA = (
    ("source", "varchar", "{{ doc('source') }}"),
    ("jurisdiction", "varchar", "{{ doc('jurisdiction') }}"),
    ("_load_id", "varchar", "{{ doc('load_id_metadata') }}"),
    ("_source_file", "varchar", "{{ doc('source_file_metadata') }}"),
    ("_source_row", "bigint", "{{ doc('source_row_metadata') }}"),
)
PLACES = tuple(
    (name, "varchar", f"{{{{ doc('{name}') }}}}")
    for name in (
        "tract_geoid", "aldermanic_district_geoid", "aldermanic_district_vintage", "police_district_geoid", "neighborhood_geoid",
        "geocode_quality",
    )
)  # fmt: skip
RACE = tuple(
    (name, "varchar[]" if name == "race_ethnicity_set" else "varchar", f"{{{{ doc('{name}') }}}}")
    for name in (
        "race_ethnicity_reported", "race_ethnicity_set", "race_ethnicity_code", "race_ethnicity_code_1997", "race_standard",
        "collection_mode", "group_name",
    )
)  # fmt: skip
GEOCODED = (
    ("address_standard", "varchar", "The address in the form of the address index; NULL where it is none"),
    ("match_stage", "varchar", "The stage by which the address was found in the index"),
)


def staging_sql(plan: ModelPlan) -> str:
    """The SQL of the staging model."""
    source = plan.contract.source
    selected = [
        f"{literal(source)} as source", "contract.jurisdiction", "typed._record_hash", "typed._load_id", "typed._source_file",
        "typed._source_row", f"{plan.date_sql or 'cast(null as date)'} as occurred_on", *_periods(plan, "contract."),
    ]  # fmt: skip
    if plan.has_race:
        selected.append("contract.collection_mode")
    selected += [c.sql if c.sql == f"typed.{c.name}" else f"{c.sql} as {c.name}" for c in plan.columns]
    last = "conformed" if plan.has_race else "renamed"
    parts = [
        ("typed", f"    select * from {{{{ source('landing', '{source}') }}}}"),
        ("contract", f"    {{{{ contract_row('{source}') }}}}"),
        (
            "renamed",
            "    select\n"
            + ",\n".join(f"        {one}" for one in selected)
            + "\n    from typed\n    left join contract on true",
        ),
    ]
    if plan.has_race:
        parts.append(("conformed", f"    {{{{ {_race_macro(plan)} }}}}"))
    return _model(_grain(plan), parts, last)


def fact_sql(plan: ModelPlan) -> str:
    """The SQL of the fact."""
    parts = [("delivered", f"    select * from {{{{ ref('{plan.staging}') }}}}")]
    if not plan.has_key:
        within = ", within='occurred_on'" if plan.is_stock else ""
        parts.append(("records", f"    {{{{ numbered('delivered'{within}) }}}}"))
    rows = parts[-1][0]
    if plan.is_placed:
        arguments = [f"{'zip' if name == 'zip_code' else name}='{name}'" for name in plan.places if name != "zip_code"]
        if zip_sql := plan.zip_sql(rows):
            arguments.append(f'zip="{zip_sql}"')
        if plan.tract:
            arguments.append(f"tract='{rows}.{plan.tract}'")
        parts.append(
            ("geocoded", f"    {{{{ place_conformed('{rows}', on_date='{rows}.occurred_on', {', '.join(arguments)}) }}}}")
        )
    key = f"has_key={'true' if plan.has_key else 'false'}" + (", snapshot='occurred_on'" if plan.is_stock else "")
    selected = [f"{{{{ event_columns('{plan.event}', {key}) }}}}", "occurred_on", *_periods(plan, "")]
    if plan.is_stock:
        selected.append("{{ is_latest_snapshot('occurred_on') }} as is_latest_snapshot")
    selected.append("{{ place_columns() }}" if plan.is_placed else "{{ null_place_columns() }}")
    if plan.has_race:
        selected.append("{{ race_columns() }}")
    selected += [name for name, _, _ in _own_columns(plan)]
    body = "    select\n" + ",\n".join(f"        {one}" for one in selected) + f"\n    from {parts[-1][0]}"
    return _model(_grain(plan), [*parts, ("final", body)], "final")


def staging_properties(plan: ModelPlan) -> str:
    """The entry of the staging model in the YAML next to it."""
    columns: list[tuple[str, str | None, str]] = [(name, None, text) for name, _, text in METADATA[:2]]
    columns.append(("_record_hash", None, "{{ doc('record_hash_metadata') }}"))
    columns += [(name, None, text) for name, _, text in METADATA[2:]]
    columns += [
        (name, None, text) for name, _, text in (("occurred_on", "date", "{{ doc('occurred_on') }}"), *_period_columns(plan))
    ]
    columns += [(column.name, None, column.description) for column in plan.columns]
    if plan.has_race:
        columns += [(name, None, text) for name, _, text in RACE if name != "group_name"]
    keys = [name for name, column in (("addresses", "address"), ("points", "longitude")) if column in plan.places]
    meta = f"    config: {{meta: {{{', '.join(f'{key}: true' for key in keys)}}}}}\n" if keys else ""
    return _entry(plan.staging, plan, meta, "", columns)


def fact_properties(plan: ModelPlan) -> str:
    """The entry of the fact in the YAML next to it."""
    columns: list[tuple[str, str | None, str]] = [
        (f"{plan.event}_key", "varchar", f"The {plan.event.replace('_', ' ')}"),
        *METADATA,
    ]
    columns += [("occurred_on", "date", "{{ doc('occurred_on') }}"), *_period_columns(plan)]
    if plan.is_stock:
        columns.append(("is_latest_snapshot", "boolean", "{{ doc('is_latest_snapshot') }}"))
    columns += [*PLACES, *(RACE if plan.has_race else ()), *_own_columns(plan)]
    meta = []
    if plan.has_race:
        people = "1" if plan.contract.statistical_unit != "aggregate" else _people(plan)
        meta.append(f'race: [{{column: {plan.race[0].name}, people: "{people}"}}]')
    if plan.is_placed and not plan.counts_places:
        meta.append(f"geocoded: {{{', '.join(f'{name}: {sql}' for name, sql in _counted_by(plan))}}}")
    flags = {"counts_of_places": plan.counts_places, "dated": plan.date_sql and not plan.is_stock, "is_stock": plan.is_stock}
    meta += [f"{name}: true" for name, holds in flags.items() if holds]
    if plan.time is not None:
        meta.append(f"event_time: {plan.time.name}")
    landed = f"source('landing', '{plan.contract.source}')"
    tests = (
        "    data_tests:\n"
        f'      - equal_row_count: {{name: {plan.fact}__has_every_accepted_row, arguments: {{other: "{landed}"}}}}\n'
        f"      - no_nulls: {{name: {plan.fact}__has_no_nulls, "
        "arguments: {columns: [source, jurisdiction, geocode_quality]}}\n"
    )
    config = f"    config: {{meta: {{{', '.join(meta)}}}}}\n" if meta else ""
    return _entry(plan.fact, plan, config, tests, columns)


def suite_text(plan: ModelPlan) -> str:
    """The suite of the fact."""
    include = ["event", *(["placed"] if plan.is_placed and not plan.counts_places else []), *(["race"] if plan.has_race else [])]
    if plan.has_race and plan.contract.statistical_unit == "person":
        include.append("person")
    required = [c.name for c in plan.columns if c.contract_column and (c.contract_column.required or _is_key(plan, c.name))]
    event = plan.contract.event_column
    dated = ["occurred_on"] if plan.is_stock or (event is not None and event.required) else []
    own = [name for name, _, _ in _own_columns(plan)]
    not_null = [*dated, *(name for name in required if name in own)]
    lines = [f"table: {plan.fact}", f"include: [{', '.join(include)}]", f"grain: [{plan.event}_key]"]
    lines += [f"columns: [{', '.join(own)}]"] if own else []
    lines += [f"not_null: [{', '.join(not_null)}]"] if not_null else []
    lines.append(f'remedy: "ask the steward of {plan.contract.source}, or correct the model {plan.fact}"')
    return "\n".join(textwrap.fill(line, 130, subsequent_indent="  ", break_long_words=False) for line in lines) + "\n"


def _own_columns(plan: ModelPlan) -> list[tuple[str, str, str]]:
    """The columns of the fact after those that every fact has."""
    race = {column.name for column in plan.race} if plan.has_race else set()
    own = [(c.name, c.data_type, c.description) for c in plan.columns if c.name not in race]
    return own + (list(GEOCODED) if "address" in plan.places else [])


def _period_columns(plan: ModelPlan) -> tuple[tuple[str, str, str], ...]:
    names = ("period_start", "period_end") if plan.contract.period else ()
    return tuple((name, "date", f"{{{{ doc('{name}') }}}}") for name in names)


def _periods(plan: ModelPlan, prefix: str) -> list[str]:
    return [f"{prefix}{name}" for name, _, _ in _period_columns(plan)]


def _people(plan: ModelPlan) -> str:
    counts = [c.name for c in plan.columns if c.contract_column and c.contract_column.role == "count"]
    return counts[0] if counts else "1"


def _counted_by(plan: ModelPlan) -> list[tuple[str, str]]:
    """The columns by which `quality.geocode_misses` finds the ZIP code of a record."""
    named = [("address", "facts.address" if "address" in plan.places else None), ("zip_code", plan.zip_sql("facts"))]
    return [(name, f'"{sql}"' if "(" in sql else sql) for name, sql in named if sql]


def _is_key(plan: ModelPlan, name: str) -> bool:
    return name in (plan.contract.load.key or ())


def _race_macro(plan: ModelPlan) -> str:
    labels = [column for column in plan.race if column.role == "race"]
    questions = {column.name: column.question for column in plan.race if column.question}
    flags = {column.name: column.label for column in plan.race if column.label}
    vocabulary = f"\"'{plan.race[0].vocabulary}'\""
    day = "'renamed.occurred_on'"
    if questions or flags:
        # JSON is a literal of Jinja, whatever a label contains
        label = f", label='renamed.{labels[0].name}'" if labels else ""
        delimiter = f", delimiter={literal(labels[0].delimiter)}" if labels and labels[0].delimiter else ""
        ticked = f", flags={json.dumps(flags, ensure_ascii=False)}" if flags else ""
        asked = json.dumps(questions)
        return f"race_conformed_questions('renamed', {asked}, {vocabulary}, {day}{label}{delimiter}{ticked})"
    column = labels[0]
    if column.delimiter:
        return f"race_conformed_list('renamed', 'renamed.{column.name}', {literal(column.delimiter)}, {vocabulary}, {day})"
    return f"race_conformed('renamed', 'renamed.{column.name}', {vocabulary}, {day})"


def _grain(plan: ModelPlan) -> str:
    grain = plan.contract.grain.strip().rstrip(".")
    return f"-- {grain}" if grain.startswith("one row per") else f"-- one row per record: {grain}"


def _model(grain: str, parts: Sequence[tuple[str, str]], last: str) -> str:
    steps = ",\n\n".join(f"{name} as (\n{body}\n)" for name, body in parts)
    return f"{grain}\nwith\n{steps}\n\nselect * from {last}\n"


def _entry(name: str, plan: ModelPlan, config: str, tests: str, columns: Iterable[tuple[str, str | None, str]]) -> str:
    title = plan.contract.title.strip().rstrip(".")
    described = _quoted(f"{title}, {plan.contract.grain.strip().rstrip('.')}.")
    lines = [f"  - name: {name}\n    description: {described}\n{config}{tests}    columns:\n"]
    for column, data_type, text in columns:
        typed = (
            f', data_type: "{data_type}"'
            if data_type and not data_type.isalpha()
            else f", data_type: {data_type}"
            if data_type
            else ""
        )
        lines.append(f"      - {{name: {column}{typed}, description: {_quoted(text)}}}\n")
    return "".join(lines)


def _quoted(text: str) -> str:
    """A YAML text in double quotes; a brace that a contract contains opens no expression of dbt."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if not text.startswith("{{ doc("):
        escaped = escaped.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
    return f'"{escaped}"'
