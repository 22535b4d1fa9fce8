"""Asking a web portal: patiently, politely, and without losing a digit.

Here: the session (dlt's, with retries, `Retry-After` and time limits), JSON as text, pages, downloads, and the portal's errors
in words that quote neither addresses nor answers. Not here: what each kind of portal is asked (`ckan`, `socrata`, `arcgis`).

dlt serves as an HTTP client only: no pipeline, no state, no configuration files.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import requests
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from ingest.connectors.fetch import Fetch, Fetched, address_hash
from ingest.errors import DeliveryError
from ingest.readers.reader_types import BATCH_ROWS
from warehouse.fingerprint import Sha256

# A portal of a city answers within seconds; its slowest query, a count over millions of rows, within a minute.
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
ATTEMPTS = 4
# Pauses of 1, 2, 4 seconds; longer ones only where the portal asks for them, and not for ever.
BACKOFF_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 120.0
# A download that trickles is given up at some point: an hour is 1 GB at 300 kB/s.
DOWNLOAD_SECONDS = 3600.0
CHUNK_BYTES = 1 << 20
USER_AGENT = "Levelground (city data warehouse)"


class Number(str):
    """A number of a JSON document as it is written there."""

    __slots__ = ()


class Portal:
    """One portal, asked for one source."""

    def __init__(self, source: str, name: str, base_url: str, fetch: Fetch, headers: Mapping[str, str] | None = None) -> None:
        self._source, self._name, self._fetch = source, name, fetch
        self._host = fetch.address(base_url).rstrip("/")
        self._files = _session(headers)
        self._rest = _Rest(self._host, session=_session(headers, _failed_within), config=RuntimeConfiguration())

    def fail(self, problem: str, remedy: str) -> DeliveryError:
        """The error of this source at this portal."""
        return DeliveryError(self._source, self._name, problem, remedy)

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """The JSON document at a path; numbers are `Number`."""
        with _told(self):
            # an address that has moved is for the contract to follow: a header may hold a secret
            return self._document(self._rest.get(path, dict(params), allow_redirects=False))

    def pages(
        self, path: str, params: Mapping[str, str], paginator: BasePaginator, rows: Callable[[Any], list[Any]]
    ) -> Iterator[list[Any]]:
        """The records of page after page; `rows` finds them in a document, and raises for a document that is none."""
        self._rest.rows = lambda response: rows(self._document(response))
        pages = self._rest.paginate(
            path,
            params=dict(params),
            paginator=paginator,
            data_selector="$",
            hooks={"response": []},
            allow_redirects=False,
        )
        while True:
            with _told(self):
                page = next(pages, None)
            if page is None:
                return
            yield list(page)

    def _document(self, response: requests.Response) -> Any:
        if response.status_code != requests.codes.ok:
            raise self.fail(*_status(response.status_code))
        try:
            return json.loads(response.content, parse_float=Number, parse_int=Number, parse_constant=Number)
        except (ValueError, RecursionError):
            raise self.fail("it answered with something that is no JSON", "check that base_url is the portal's address") from None

    def download(self, url: str, folder: Path, name: str, known: Fetched | None = None) -> Fetched | None:
        """Stream a file into a folder; None if it is still the one that is `known`. Broken-off bodies are fetched again."""
        asked = {}
        if known is not None and (known.etag or known.last_modified):
            marks = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
            asked = {header: mark for header, mark in marks.items() if mark}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._download(url, folder / name, asked)
            except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError, requests.Timeout) as error:
                if attempt == ATTEMPTS or isinstance(error, _GaveUp):
                    raise self.fail(*_network(error)) from None
                time.sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
            except requests.RequestException as error:
                raise self.fail(*_network(error)) from None
            except OSError as error:
                problem = f"writing it down stopped ({error.strerror or type(error).__name__})"
                raise self.fail(problem, "free space on the disk of LEVELGROUND_HOME; the next run fetches again") from None
        raise AssertionError("every attempt returns or raises")

    def _download(self, url: str, path: Path, asked: Mapping[str, str]) -> Fetched | None:
        address, started, digest = self._fetch.address(url), time.monotonic(), Sha256()
        with self._files.get(address, headers=dict(asked), stream=True) as response:
            if asked and response.status_code == requests.codes.not_modified:
                return None
            if response.status_code != requests.codes.ok:
                raise self.fail(*_status(response.status_code))
            if response.headers.get("Content-Type", "").split(";")[0].strip().lower() == "text/html":
                raise self.fail(
                    "its server sent a web page where the file should be",
                    "open the address in a browser, and mend it in the contract",
                )
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for chunk in response.iter_content(CHUNK_BYTES):
                    file.write(chunk)
                    digest.update(chunk)
                    if time.monotonic() - started > DOWNLOAD_SECONDS:
                        raise _GaveUp
            marks = (response.headers.get("ETag"), response.headers.get("Last-Modified"))
            return Fetched(address_hash(url), path.name, digest.hexdigest(), *marks)


def _session(headers: Mapping[str, str] | None, failed: Callable[..., bool] | None = None) -> requests.Session:
    client = Client(
        request_timeout=(CONNECT_SECONDS, READ_SECONDS),
        raise_for_status=False,
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF_SECONDS,
        request_max_retry_delay=LONGEST_PAUSE_SECONDS,
        retry_condition=failed,
    )
    session: requests.Session = client.session
    session.headers.update({"User-Agent": USER_AGENT, **(headers or {})})
    return session


class _GaveUp(requests.Timeout):
    """A download that trickled for too long; another attempt would trickle as well."""


class _Rest(RESTClient):
    """dlt's client, which would read 1.10 as 1.1."""

    rows: Callable[[requests.Response], list[Any]]

    def extract_response(self, response: requests.Response, data_selector: Any) -> list[Any]:  # noqa: ARG002 - dlt's signature
        """The records of a page."""
        return self.rows(response)


def _failed_within(response: requests.Response | None, _error: BaseException | None) -> bool:
    """ArcGIS says 200 and then, in a few bytes, that it failed: codes of 500 and above may pass."""
    if response is None or response.status_code != requests.codes.ok or "json" not in response.headers.get("Content-Type", ""):
        return False
    if len(response.content) > 4096:
        return False
    try:
        code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError, IndexError):
        return False
    return isinstance(code, int) and code >= 500


class _told:  # noqa: N801 - reads as the verb that it is
    """Network errors as the source's error, without their text: it quotes addresses."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, requests.RequestException):
            raise self._portal.fail(*_network(error)) from None


def _status(status: int) -> tuple[str, str]:
    later = "nothing was taken in; the next run asks again"
    if status in (401, 403):
        return f"the portal refuses access ({status})", "check what credentials_env names, and that the data are still public"
    if status in (404, 410):
        return f"the portal does not have it any more ({status})", "look up its new address, and mend connector in the contract"
    if status == 429:
        return f"the portal asks to wait, and was asked {ATTEMPTS} times (429)", later
    if status >= 500:
        return f"the portal failed {ATTEMPTS} times ({status})", later
    if 300 <= status < 400:
        return f"the portal has moved ({status})", "look up its new address, and mend base_url in the contract"
    return f"the portal does not understand the question ({status})", "check the connector's keys in the contract"


def _network(error: requests.RequestException) -> tuple[str, str]:
    later = "nothing was taken in; the next run asks again"
    if isinstance(error, _GaveUp):
        return f"the download was not done after {DOWNLOAD_SECONDS:.0f} seconds", later
    if isinstance(error, requests.Timeout):
        return f"the portal did not answer within {READ_SECONDS:g} seconds, {ATTEMPTS} times", later
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in str(error):
        return f"the connection broke off before the end, {ATTEMPTS} times", later
    if isinstance(error, requests.exceptions.SSLError):
        return "the portal's certificate is not to be trusted", "ask whoever runs the portal; a proxy's may have to be installed"
    if isinstance(error, requests.ConnectionError):
        return f"no connection to the portal, {ATTEMPTS} times", "check the network and the address in the contract"
    return f"the portal cannot be asked ({type(error).__name__})", "check the address in the contract"


def as_batches(names: Sequence[str], records: Sequence[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    """Records of a page as batches of text, in the order of `names`."""
    for start in range(0, len(records), BATCH_ROWS):
        some = records[start : start + BATCH_ROWS]
        columns = [pa.array([as_text(record.get(name)) for record in some], pa.string()) for name in names]
        yield pa.RecordBatch.from_arrays(columns, names=[f"f{position}" for position in range(len(names))])


def as_text(value: Any) -> str | None:
    """A value of a JSON document as text: itself if it is one, else as JSON, its numbers as they were written."""
    return None if value is None else str(value) if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(_compact, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_compact(name)}:{_compact(member)}' for name, member in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)
