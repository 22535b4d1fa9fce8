"""Examples of each command, which its `--help` lists. A test parses every line and finds its measures and sources."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "run": (
        "levelground run",
        "levelground run --deliveries path/to/deliveries",
        "levelground run --as-of 2025-12-01",
    ),
    "try": (
        "levelground try ucc__service_requests",
        "levelground try ucc__service_requests --from export.csv",
        "levelground try ucc__service_requests --from export.csv --keep tried",
    ),
    "status": ("levelground status", "levelground status --json"),
    "sources list": ("levelground sources list",),
    "sources show": ("levelground sources show ucc__service_requests",),
    "sources check": (
        "levelground sources check ucc__service_requests export.csv",
        "levelground sources check ucc__service_requests export.csv --report check.html",
    ),
    "sources new": (
        "levelground sources new dpw__trees --from trees.csv --layer cities/springfield",
        "levelground sources new dpw__trees --from trees.csv --layer cities/springfield --agreement open_data --unit record",
        "levelground sources new dpw__trees --layer cities/springfield",
    ),
    "sources todo": (
        "levelground sources todo ucc__service_requests --shared",
        "levelground sources todo dpw__trees --layer cities/springfield --json",
    ),
    "sources template": (
        "levelground sources template oei__engagement_participation",
        "levelground sources template oei__engagement_participation --format pdf --language es --out forms",
    ),
    "sources accept": ('levelground sources accept ucc__service_requests --load LOAD --reason "The count was confirmed"',),
    "sources remove": ('levelground sources remove der__employees --reason "The agreement ended"',),
    "sources resume": ('levelground sources resume der__employees --reason "The agreement was renewed"',),
    "cities list": ("levelground cities list", "levelground cities list --json"),
    "cities show": ("levelground cities show milwaukee", "levelground cities show cities/springfield"),
    "cities new": (
        "levelground cities new springfield --out cities/springfield",
        'levelground cities new new_ulm --title "New Ulm" --place 2746042',
    ),
    "cities run": ("levelground cities run cities.yml", "levelground cities run cities.yml --only springfield --wait 600"),
    "cities status": ("levelground cities status cities.yml", "levelground cities status cities.yml --json"),
    "cities union": ("levelground cities union cities.yml --out cities.duckdb",),
    "tables": ("levelground tables", "levelground tables --public", "levelground tables fct_police_stops"),
    "measures list": ("levelground measures list", "levelground measures list --area health --public"),
    "measures new": (
        'levelground measures new court_dismissed_share --fact fct_court_cases --name "Cases dismissed" --question "How many '
        'cases are dismissed?" --caveat "Many cases never come to court." --numerator "Cases dismissed" --counted '
        '"finding_code = \'dismissed\'" --denominator "Cases with a finding"',
    ),
    "measures todo": ("levelground measures todo stops_searched_share",),
    "measures show": ("levelground measures show stops_searched_share",),
    "show": (
        "levelground show stops_searched_share",
        "levelground show stops_searched_share --period 2025-Q2 --public",
        "levelground show requests_closed_by_second_day --place aldermanic_district:5",
        "levelground show requests_closed_by_second_day --by place --place aldermanic_district",
    ),
    "query": (
        'levelground query "show tables"',
        "levelground query --file question.sql --format csv > answer.csv",
        'echo "from published.release" | levelground query --public',
    ),
    "releases list": ("levelground releases list",),
    "releases rollback": ("levelground releases rollback 20251201T060000Z-1a2b3c4d",),
    "releases pin": ("levelground releases pin current --label 2025Q3",),
    "releases diff": ("levelground releases diff 2025Q2 2025Q3",),
    "lake verify": ("levelground lake verify",),
    "lake prune": ("levelground lake prune",),
    "scorecard": ("levelground scorecard --serve", "levelground scorecard --release 2025Q3 --out site"),
    "scorecard withdraw": ("levelground scorecard withdraw 2025Q3",),
    "docs": ("levelground docs --open",),
    "erase": ("levelground erase ucc__service_requests --key 1018524 --reason 'Requested by the department'",),
    "alerts test": ("levelground alerts test",),
    "translations export": ("levelground translations export --language es",),
    "translations import": ("levelground translations import translations/texts_es.xlsx",),
    "sample": ("levelground sample --out deliveries --rows 10000",),
    "ui": ("levelground ui", "levelground ui --port 3001"),
    "doctor": ("levelground doctor",),
}


def with_examples(command: str, text: str) -> str:
    """Return the help of a command with its examples, of which each keeps its own line."""
    lines = "\n".join(f"  {line}" for line in EXAMPLES.get(command, ()))
    return f"{text}\n\n\b\nExamples:\n{lines}" if lines else text
