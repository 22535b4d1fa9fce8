"""Choose the cities of the gazetteer that are started together: the largest, or those of a list."""

from __future__ import annotations

from pathlib import Path

from orchestration.cities.gazetteer import Place, find_place, places
from orchestration.settings import ConfigurationError


def chosen_places(top: int | None, file: Path | None) -> list[Place]:
    """The `top` largest places, or those that the lines of `file` name; `ConfigurationError` unless one of both is given."""
    if (top is None) == (file is None):
        raise ConfigurationError("choose the cities by --top N, the largest, or by --file LIST, a name or GEOID per line")
    return places()[:top] if file is None else _listed(file)


def _listed(file: Path) -> list[Place]:
    """The places of a list, each once. A line is a name or a GEOID; an empty one, and what follows `#`, is left out."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read ({error}); write a name or GEOID of a city per line, in UTF-8") from None
    known, found, problems = places(), [], []
    for number, line in enumerate(lines, 1):
        if not (text := line.partition("#")[0].strip()):
            continue
        try:
            found.append(find_place(text, known))
        except ConfigurationError as error:
            problems.append(f"{file}:{number}: {error}")
    if problems:
        raise ConfigurationError("\n".join(problems))
    if not found:
        raise ConfigurationError(f"{file} names no city; write a name or GEOID per line, like `Saint Paul, Minnesota`")
    return list(dict.fromkeys(found))
