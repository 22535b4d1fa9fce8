"""The session of dlt, which retries requests. dlt is imported nowhere else, without pipeline, state or configuration file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import requests
from dlt.sources.helpers.requests import Client
from requests.adapters import HTTPAdapter

# A city's portal answers within seconds; its slowest query, a count over millions of rows, within a minute.
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
ATTEMPTS = 4
# Pauses of 1, 2 and 4 seconds; longer ones only if the portal requests them, up to a limit.
BACKOFF_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 120.0
USER_AGENT = "Levelground (city data warehouse)"


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
