"""Request JSON documents and downloads from a web portal, with the session of dlt, which retries requests.

Errors of a portal become `DeliveryError`s that quote neither addresses nor answers. See `ingest.connectors.portals` for what each
kind of portal is asked. dlt is imported nowhere else, without pipeline, state or configuration file.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from dlt.sources.helpers.requests import Client
from requests.adapters import HTTPAdapter

from ingest.connectors.fetch import DownloadedFile, FetchRequest, hash_address
from ingest.connectors.http_adapter import AllowedHosts, ByteBudget, LimitedAdapter, RequestRefused
from ingest.contract import ArcgisConnector, CkanConnector, HttpConnector, SocrataConnector
from ingest.errors import DeliveryError
from ingest.readers.encrypted_file import EncryptedFile
from ingest.readers.formats.json_text import Number
from warehouse.fingerprint import Sha256

# A city's portal answers within seconds; its slowest query, a count over millions of rows, within a minute.
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
ATTEMPTS = 4
# Pauses of 1, 2 and 4 seconds; longer ones only if the portal requests them, up to a limit.
BACKOFF_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 120.0
USER_AGENT = "Levelground (city data warehouse)"
# A slow download is given up after an hour, which is 1 GB at 300 kB/s.
DOWNLOAD_SECONDS = 3600.0
CHUNK_BYTES = 1 << 20
# A page of a portal is in memory; pages of 10,000 rows have some 10 MB.
MOST_PER_PAGE = 256 << 20
MOST_REDIRECTS = 5
Web = ArcgisConnector | CkanConnector | HttpConnector | SocrataConnector
NEXT_RUN = "nothing was ingested; the next run requests it again"


def retrying_session(
    adapter: HTTPAdapter, headers: Mapping[str, str] | None, failed: Callable[..., bool] | None = None
) -> requests.Session:
    """A session that retries, honours `Retry-After` and limits waiting; `failed` adds a condition to retry on."""
    client = Client(
        request_timeout=(CONNECT_SECONDS, READ_SECONDS),
        raise_for_status=False,
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF_SECONDS,
        request_max_retry_delay=LONGEST_PAUSE_SECONDS,
        retry_condition=failed,
    )
    session: requests.Session = client.session
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate", **(headers or {})})
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


class PortalClient:
    """A client of one portal for one source; `name` is the table or file that its errors (`error`) name."""

    def __init__(
        self, source: str, name: str, connector: Web, request: FetchRequest, headers: Mapping[str, str] | None = None
    ) -> None:
        self.source, self.name, self._request = source, name, request
        self.error = partial(DeliveryError, source, name)
        base = request.address(connector.url if isinstance(connector, HttpConnector) else connector.base_url)
        limit = connector.max_download_mb
        self._budget = ByteBudget(limit << 20 if limit else request.most_bytes)
        try:
            allowed = AllowedHosts.of(base, connector.allow_hosts, request.hosts)
        except RequestRefused as error:
            raise self.error(error.problem, error.remedy) from None
        self._downloads = retrying_session(LimitedAdapter(allowed, self._budget), headers)
        self._pages = retrying_session(LimitedAdapter(allowed, self._budget, MOST_PER_PAGE), headers, _failed_with_status_200)
        self._base = base.rstrip("/")

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """The JSON document at a path; its numbers are `Number`."""
        with self._translated_errors():
            # redirects are not followed: a header may contain a secret
            address = f"{self._base}/{path}" if path else self._base
            response = self._pages.get(address, params=dict(params), allow_redirects=False)
        if response.status_code != requests.codes.ok:
            raise self.error(*_explain_status(response.status_code))
        try:
            return json.loads(response.content, parse_float=Number, parse_int=Number, parse_constant=Number)
        except (ValueError, RecursionError):
            raise self.error("its answer is not JSON", "check that base_url is the portal's address") from None

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except requests.RequestException as error:
            # the text of the error quotes addresses
            raise self.error(*_explain_network_error(error)) from None
        except RequestRefused as error:
            raise self.error(error.problem, error.remedy) from None
        except OSError as error:
            problem = f"writing the download failed ({error.strerror or type(error).__name__})"
            raise self.error(problem, "free space on the disk of LEVELGROUND_HOME; the next run fetches again") from None

    def download(self, url: str, folder: Path, name: str, known: DownloadedFile | None = None) -> Download | None:
        """Stream a file into a folder, encrypted; None if it is still the `known` one. An interrupted download is repeated."""
        marks = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified} if known else {}
        conditions = {header: mark for header, mark in marks.items() if mark}
        spent = self._budget.used
        for attempt in range(1, ATTEMPTS + 1):
            with self._translated_errors():
                try:
                    return self._download(url, folder, name, conditions)
                except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError, requests.Timeout) as error:
                    if attempt == ATTEMPTS or isinstance(error, _TooSlow):
                        raise
            self._budget.used = spent
            time.sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("every attempt returns or raises")

    def _download(self, url: str, folder: Path, name: str, conditions: Mapping[str, str]) -> Download | None:
        started, digest = time.monotonic(), Sha256()
        with self._get(self._request.address(url), conditions) as response:
            if conditions and response.status_code == requests.codes.not_modified:
                return None
            if response.status_code != requests.codes.ok:
                raise self.error(*_explain_status(response.status_code))
            if response.headers.get("Content-Type", "").split(";")[0].strip().lower() == "text/html":
                raise self.error(
                    "its server sent a web page instead of the file",
                    "open the address in a browser, and correct it in the contract",
                )
            content = EncryptedFile(folder)
            for chunk in response.iter_content(CHUNK_BYTES):
                content.write(chunk)
                digest.update(chunk)
                if time.monotonic() - started > DOWNLOAD_SECONDS:
                    raise _TooSlow
            record = DownloadedFile(
                address=hash_address(url),
                name=name,
                sha256=digest.hexdigest(),
                etag=response.headers.get("ETag"),
                last_modified=response.headers.get("Last-Modified"),
            )
            return Download(record, content)

    def _get(self, address: str, conditions: Mapping[str, str]) -> requests.Response:
        """The answer at an address, after redirects to allowed hosts."""
        for _ in range(MOST_REDIRECTS + 1):
            response = self._downloads.get(address, headers=conditions, stream=True, allow_redirects=False)
            target = response.headers.get("Location")
            if not response.is_redirect or target is None:
                return response
            response.close()
            before, address = address, self._request.address(urljoin(address, target))
            if before.startswith("https:") and not address.startswith("https:"):
                raise RequestRefused("the portal redirects to an address without encryption", "find the file's new address")
        raise RequestRefused(f"the portal redirected {MOST_REDIRECTS} times", "find the file's new address")


@dataclasses.dataclass(frozen=True)
class Download:
    """A downloaded file: what the delivery record keeps of it, and its content."""

    record: DownloadedFile
    content: EncryptedFile


class _TooSlow(requests.Timeout):
    """A download that took too long; a second attempt would, too."""


def _failed_with_status_200(response: requests.Response | None, _error: BaseException | None) -> bool:
    """ArcGIS returns status 200 with a short document that contains an error; codes from 500 on may be temporary."""
    if response is None or response.status_code != requests.codes.ok or "json" not in response.headers.get("Content-Type", ""):
        return False
    if len(response.content) > 4096:
        return False
    try:
        code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError, IndexError):
        return False
    return isinstance(code, int) and code >= 500


def _explain_status(status: int) -> tuple[str, str]:
    if status in (401, 403):
        return f"the portal refuses access ({status})", "check the value of credentials_env, and that the data are still public"
    if status in (404, 410):
        return f"the portal no longer has it ({status})", "find its new address, and correct connector in the contract"
    if status == 429:
        return f"the portal refused {ATTEMPTS} requests as too many (429)", NEXT_RUN
    if status >= 500:
        return f"the portal failed {ATTEMPTS} times ({status})", NEXT_RUN
    if 300 <= status < 400:
        return f"the portal has moved ({status})", "find its new address, and correct base_url in the contract"
    return f"the portal rejects the request ({status})", "check the connector's keys in the contract"


def _explain_network_error(error: requests.RequestException) -> tuple[str, str]:
    if isinstance(error, _TooSlow):
        return f"the download was not complete after {DOWNLOAD_SECONDS:.0f} seconds", NEXT_RUN
    if isinstance(error, requests.Timeout):
        return f"the portal did not answer within {READ_SECONDS:g} seconds, {ATTEMPTS} times", NEXT_RUN
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in str(error):
        return f"the connection was interrupted, {ATTEMPTS} times", NEXT_RUN
    if isinstance(error, requests.exceptions.SSLError):
        return "the portal's certificate is not trusted", "ask the portal's operator; install the certificate of a proxy, if any"
    if isinstance(error, requests.ConnectionError):
        return f"no connection to the portal, {ATTEMPTS} times", "check the network and the address in the contract"
    return f"the request to the portal failed ({type(error).__name__})", "check the address in the contract"
