"""The small types of a contract's values: names, addresses, GEOIDs, percentages, and words of `vocabulary.yml`."""

from __future__ import annotations

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from ingest.contract.reach import outside_address, outside_host, own_variable, web_address
from ingest.contract.vocabularies.vocabulary import Vocabulary
from ingest.contract.yaml_source import Location

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*?__[a-z][a-z0-9_]*")
ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
HOST_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?")
URL_WITH_PASSWORD = re.compile(r"://[^/@\s]+:[^/@\s]+@")
NUMERIC = ("integer", "decimal")
TIMES = ("date", "timestamp")


def word(list_name: str) -> Any:
    """A text that must be in one list of `vocabulary.yml`."""

    def check(value: str, info: ValidationInfo) -> str:
        words = vocabulary_of(info).words[list_name]
        if value not in words:
            raise ValueError(
                f"{value!r} is no word of {list_name}; choose one of {', '.join(words)}, or add it to vocabulary.yml"
            )
        return value

    return AfterValidator(check)


def matching(pattern: re.Pattern[str], what: str, *, quote: bool = True) -> Any:
    """A text that matches a pattern, described by `what`; the message quotes it unless it may be a secret (`quote`)."""

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"{repr(value) if quote else 'this'} is not {what}")
        return value

    return AfterValidator(check)


def _no_password(value: str) -> str:
    if URL_WITH_PASSWORD.search(value):
        raise ValueError(
            "this address contains a password; put the whole address into an environment variable and name it in credentials_env"
        )
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{value!r} is no time zone; write it like America/Chicago") from None
    return value


def _encoding(value: str) -> str:
    try:
        "".encode(value)
    except LookupError:
        raise ValueError(f"{value!r} is no encoding of text; write it like utf-8, utf-16 or windows-1252") from None
    return value


def regular_expression(value: str) -> str:
    """The text, if it is a regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression ({error})") from None
    return value


def _as_names(value: Any) -> tuple[str | int, ...]:
    names = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if names and all(isinstance(name, str) or (type(name) is int and name > 0) for name in names):
        return names
    raise ValueError(
        "write a name, a list of names in order of preference, or a position from 1, or both ([NAME, 3]); "
        "a name like 2020 in quotes"
    )


def _as_former_names(value: Any) -> Any:
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, (list, tuple)) and len(set(map(str, names))) < len(names):
        raise ValueError("a name is there twice")
    return names


def vocabulary_of(info: ValidationInfo) -> Vocabulary:
    """The word lists with which a contract is validated."""
    context = info.context
    assert isinstance(context, Vocabulary), "contracts are validated with the vocabulary as context"
    return context


Identifier = Annotated[str, matching(IDENTIFIER, "a plain lower-case name (letters, digits, underscores)")]
EnvironmentName = Annotated[
    str,
    matching(ENVIRONMENT_NAME, "the NAME of an environment variable; write the secret there, never here", quote=False),
    AfterValidator(own_variable),
]
Address = Annotated[str, AfterValidator(_no_password), AfterValidator(outside_address)]
WebAddress = Annotated[Address, AfterValidator(web_address)]
HostName = Annotated[
    str, matching(HOST_NAME, "a host, or host:port, in lower case, like files.city.example"), AfterValidator(outside_host)
]
SourceName = Annotated[str, matching(SOURCE_NAME, "<department>__<dataset> in lower case")]
FormerNames = Annotated[tuple[SourceName, ...], BeforeValidator(_as_former_names)]
Geoid = Annotated[
    str, matching(re.compile(r"\d{2}|\d{5}|\d{7}"), "a GEOID in quotes: a state (2 digits), county (5) or place (7)")
]
# of a shared contract: the place, county or state of the city that uses it
PLACES = ("city", "county", "state")
NATIONAL = "national"  # coverage of a delivery that homes of several cities share
Jurisdiction = Annotated[
    str,
    matching(
        re.compile("|".join((*PLACES, r"\d{2}|\d{5}|\d{7}"))),
        f"one of {', '.join(PLACES)}, or a GEOID in quotes: a state (2 digits), county (5) or place (7)",
    ),
]
TimeZone = Annotated[str, AfterValidator(_zone)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Delimiter = Annotated[
    str,
    matching(re.compile(r"(?![\"\r\n])[\x01-\x7f]"), "one ASCII character other than a quote, like ; or \\t in double quotes"),
]
MissingReason = Annotated[str, word("missing_reasons")]
DeliveredNames = Annotated[tuple[str | int, ...], BeforeValidator(_as_names)]
Percent = Annotated[float, Field(ge=0, le=100)]


class Strict(BaseModel):
    """Unknown keys are refused; a model is frozen after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Inconsistent(ValueError):
    """Parts of a contract that contradict each other: where each problem is, and its remedy."""

    def __init__(self, problems: tuple[tuple[Location, str], ...]) -> None:
        super().__init__("; ".join(message for _, message in problems))
        self.problems = problems
