"""The small types of a contract's values: names, addresses, GEOIDs, percentages, and words of `vocabulary.yml`.

They refuse what no contract may reach: local files by URL, link-local addresses, and variables that are not its own. A layer may
come from elsewhere: `levelground cities check` lists what is left for a person to decide. See `ingest.connectors.http_adapter`
for redirects and for the addresses of names.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from ingest.contract.vocabularies import Vocabulary
from ingest.contract.yaml_source import Location

LOCAL_SCHEMES = ("file", "local")
WEB_SCHEMES = ("http", "https")
_CHAIN = re.compile(r"::(?![^\[]*\])")  # fsspec chains addresses; IPv6 has the same sign in brackets
# a database of the office may have a variable with the prefix of the settings, such as LEVELGROUND_DER_DATABASE_URL
_OWN = re.compile(r"LEVELGROUND_(?!(?:\w+_)?DATABASE_URL$).*")
_OF_THE_SYSTEM = re.compile(
    r"(?:DAGSTER|DBT|DUCKDB|LD|DYLD|LC|XDG|SSH|SUDO|SYSTEMD|RAY|AWS|GIT|PIP|UV)_.*|LEVELGROUND|PYTHON.*|VIRTUAL_ENV.*|"
    r"HOME|PATH|PWD|OLDPWD|USER|LOGNAME|SHELL|LANG|LANGUAGE|TERM|TZ|MAIL|HOSTNAME|DISPLAY|EDITOR|TMPDIR|TEMP|TMP|INVOCATION_ID|"
    r"CREDENTIALS_DIRECTORY|(?:STATE|CACHE|LOGS|RUNTIME|CONFIGURATION)_DIRECTORY|(?:HTTPS?|ALL|NO)_PROXY|IFS|ENV|BASH_ENV|_"
)
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*?__[a-z][a-z0-9_]*")
ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
HOST_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?")
URL_WITH_PASSWORD = re.compile(r"://[^/@\s]+:[^/@\s]+@")
NUMERIC = ("integer", "decimal")
TIMES = ("date", "timestamp")


def own_variable(name: str) -> str:
    """The name of a variable that a contract may read; the value of any other would be sent to the system that it names."""
    if _OWN.fullmatch(name) or (not name.startswith("LEVELGROUND_") and _OF_THE_SYSTEM.fullmatch(name)):
        raise ValueError(
            f"{name} is a variable of Levelground or of the system; put the credentials into a variable of their own, and name "
            "it after the system, like HR_DATABASE_URL"
        )
    return name


def outside_address(value: str) -> str:
    """An address or a path that a contract may read."""
    for part in _CHAIN.split(value):
        scheme, has_scheme, _ = part.partition(":")
        if has_scheme and scheme.strip().lower() in LOCAL_SCHEMES:
            raise ValueError(
                "an address with file: reads any file of the account that runs Levelground; write the path of the folder, or "
                "deliver the files with --deliveries"
            )
        host = _host(part)
        if host and is_link_local(host):
            raise ValueError(
                f"{host} is a link-local address, where clouds keep the credentials of the machine; no source is there: write "
                "the name of the host that has the data"
            )
    return value


def web_address(value: str) -> str:
    """An address of the web."""
    if value.partition(":")[0].lower() not in WEB_SCHEMES:
        raise ValueError("write an address that begins with https:// or http://")
    return value


def outside_host(value: str) -> str:
    """A host, or host:port, that a contract may name."""
    outside_address(f"//{value}")
    return value


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_link_local(host: str) -> bool:
    """Whether a host is a link-local address, in any notation, also inside an IPv6 address that contains one of IPv4."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        try:  # 2852039166 and 0xA9FEA9FE are addresses, too
            address = ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(host)))
        except (OSError, UnicodeError):
            return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = inner_address(address)
        return address.is_link_local or address == ipaddress.ip_address("fd00:ec2::254") or bool(inner and inner.is_link_local)
    return address.is_link_local


def inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that one of IPv6 contains, if any."""
    if address in ipaddress.ip_network("64:ff9b::/96") or address in ipaddress.ip_network("::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


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


def accepted_by(function: Callable[[str], Any], what: str) -> Any:
    """A text that a function accepts, described by `what`."""

    def check(value: str) -> str:
        try:
            function(value)
        except (ValueError, OSError, LookupError):
            raise ValueError(f"{value!r} is no {what}") from None
        return value

    return AfterValidator(check)


def regular_expression(value: str) -> str:
    """The text, if it is a regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression ({error})") from None
    return value


def with_group(value: str, remedy: str) -> str:
    """The text, if it is a regular expression with a group; `remedy`: what to put in parentheses."""
    if not re.compile(regular_expression(value)).groups:
        raise ValueError(f"{value!r} has no group; {remedy}")
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
TimeZone = Annotated[str, accepted_by(ZoneInfo, "time zone; write it like America/Chicago")]
Encoding = Annotated[str, accepted_by("".encode, "encoding of text; write it like utf-8, utf-16 or windows-1252")]
Delimiter = Annotated[
    str,
    matching(re.compile(r"(?![\"\r\n])[\x01-\x7f]"), "one ASCII character other than a quote, like ; or \\t in double quotes"),
]
MissingReason = Annotated[str, word("missing_reasons")]
DeliveredNames = Annotated[tuple[str | int, ...], BeforeValidator(_as_names)]
Percent = Annotated[float, Field(ge=0, le=100)]
# The default of a key that a model has gained: load ids are hashes of it, so that a contract without the key keeps its ids.
LATER: Any = Field(default=None, exclude_if=lambda value: value is None)


class Strict(BaseModel):
    """Unknown keys are refused, and so are keys that contradict each other; a model is frozen after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        """What contradicts each other, with its remedy; the first is reported. Override it in a model with such rules."""
        yield from ()


class Inconsistent(ValueError):
    """Parts of a contract that contradict each other: where each problem is, and its remedy."""

    def __init__(self, problems: tuple[tuple[Location, str], ...]) -> None:
        super().__init__("; ".join(message for _, message in problems))
        self.problems = problems
