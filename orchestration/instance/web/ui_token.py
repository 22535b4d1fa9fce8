"""Keep the token that starting a run in the UI requires: LEVELGROUND_UI_TOKEN, or a random one per start in the home."""

from __future__ import annotations

import secrets
from pathlib import Path

from orchestration.settings import ConfigurationError, Settings
from warehouse.files import write_atomically
from warehouse.paths import Home

TOKEN_FILE = "ui_token"  # noqa: S105 - the name of a file in dagster/
_BYTES = 32


def token_file(home: Home) -> Path:
    """The file of the random token."""
    return home.dagster / TOKEN_FILE


def renew_token(settings: Settings) -> str | None:
    """Write a new random token and return it; None if LEVELGROUND_UI_TOKEN is set, which is never stored or displayed."""
    if settings.ui_token is not None:
        token_file(settings.home).unlink(missing_ok=True)
        return None
    token = secrets.token_urlsafe(_BYTES)
    write_atomically(token_file(settings.home), token + "\n", 0o600)
    return token


def read_token(settings: Settings) -> str:
    """The token that the web server requires."""
    try:
        token = settings.ui_token or token_file(settings.home).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        token = ""
    if not token:
        raise ConfigurationError(f"{token_file(settings.home)} is missing; start the web server by `levelground ui`")
    return token
