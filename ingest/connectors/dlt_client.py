"""dlt as an HTTP client: its retrying session, its REST client, and the base of its paginators.

Import dlt nowhere else. Levelground uses no pipeline, state or configuration file of dlt. The module overrides methods of dlt's
classes and sets a private attribute of its paginators. It was tested with dlt 1.31.0; tests/contract/test_private_apis.py names
what to do when another version breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests.adapters import HTTPAdapter

# A city's portal answers within seconds; its slowest query, a count over millions of rows, within a minute.
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
ATTEMPTS = 4
# Pauses of 1, 2 and 4 seconds; longer ones only if the portal requests them, up to a limit.
BACKOFF_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 120.0
USER_AGENT = "Levelground (city data warehouse)"


class Paginator(BasePaginator):
    """A paginator that ends when `finish_unless` receives a false condition; subclasses set the parameters of each request."""

    def init_request(self, request: requests.Request) -> None:
        """Set the parameters of the first page."""
        self.update_request(request)

    def finish_unless(self, has_next_page: bool) -> None:
        """Request another page only if there is one."""
        self._has_next_page = has_next_page


class JsonPages(RESTClient):
    """dlt's REST client without its own JSON reader, which turns 1.10 into 1.1."""

    _rows: Callable[[requests.Response], list[Any]]

    def __init__(self, base_url: str, session: requests.Session) -> None:
        super().__init__(base_url, session=session, config=RuntimeConfiguration())

    def pages(
        self,
        path: str,
        params: Mapping[str, str],
        paginator: Paginator,
        rows: Callable[[requests.Response], list[Any]],
    ) -> Iterator[list[Any]]:
        """The records of each page; `rows` finds them in a response, whatever its status."""
        self._rows = rows
        return self.paginate(
            path,
            params=dict(params),
            paginator=paginator,
            data_selector="$",
            hooks={"response": []},
            allow_redirects=False,
        )

    def extract_response(self, response: requests.Response, data_selector: Any) -> list[Any]:  # noqa: ARG002 - dlt's signature
        """The records of a page."""
        return self._rows(response)


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
