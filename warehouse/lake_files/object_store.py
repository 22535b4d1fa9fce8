"""Read and write the objects of an S3-compatible store. Only lakes at `s3://…` use it.

Credentials are the environment's: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` and
`AWS_ENDPOINT_URL`. They are in no file and no message. See `part_files` for files in a folder as well, and
`connection.read_objects` for DuckDB.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from warehouse.fingerprint import stream_sha256
from warehouse.sql import literal

SCHEME = "s3://"
PACKAGES = {"s3fs": "s3fs", "duckdb_extension_httpfs": "duckdb-extension-httpfs"}
REQUIRED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_BLOCK = 8 * 1024**2


class StoreUnusable(Exception):
    """The store cannot be reached or refuses the request, or what is needed to use it is missing."""


def is_object(file: str) -> bool:
    """Whether the file is an object of a store, not a path."""
    return file.startswith(SCHEME)


def bucket(url: str) -> str:
    """The bucket of an object."""
    return url.removeprefix(SCHEME).partition("/")[0]


def require() -> None:
    """StoreUnusable names the packages and environment variables that are missing."""
    packages = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing := [*packages, *(name for name in REQUIRED if not os.environ.get(name))]:
        raise StoreUnusable(
            f"a lake in S3 needs {', '.join(missing)}: install levelground[s3], and set the AWS_ variables (docs/scale.md)"
        )


def size(url: str) -> int | None:
    """The bytes of an object; None without it."""
    try:
        return int(_call("head_object", url)["ContentLength"])
    except FileNotFoundError:
        return None


def recorded_sha256(url: str) -> str | None:
    """The SHA-256 that the store has computed or recorded of an object, without reading it; None if it has none."""
    found = _call("head_object", url, ChecksumMode="ENABLED")
    checksum = found.get("ChecksumSHA256", "")
    if checksum and "-" not in checksum:  # one of several uploads is no hash of the whole
        return base64.b64decode(checksum).hex()
    recorded: str | None = found.get("Metadata", {}).get("sha256")
    return recorded


def read_sha256(url: str) -> str:
    """The SHA-256 of an object's bytes, which are read."""
    with _explained(url), _client().open(url, "rb", block_size=_BLOCK, cache_type="readahead") as stream:
        return stream_sha256(stream)


def upload(path: Path, url: str, sha256: str) -> None:
    """Write an object in one step; the store refuses other bytes than those of the hash."""
    checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
    with path.open("rb") as body:
        _call("put_object", url, Body=body, ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum, Metadata={"sha256": sha256})


def write_text(url: str, text: str) -> None:
    """Write a small object."""
    _call("put_object", url, Body=text.encode())


def read_text(url: str) -> str | None:
    """The text of a small object; None without it."""
    with _explained(url):
        try:
            return str(_client().cat_file(url).decode())
        except FileNotFoundError:
            return None


def delete(url: str) -> None:
    """Delete an object."""
    _call("delete_object", url)


def objects(prefix: str) -> dict[str, int]:
    """All objects below a prefix, with their bytes."""
    with _explained(prefix):
        return {f"{SCHEME}{name}": int(found["size"]) for name, found in _client().find(prefix, detail=True).items()}


def secret_of(file: str) -> tuple[str, str]:
    """The name and the options of DuckDB's secret for the bucket of a file. StoreUnusable without credentials."""
    require()
    name, env = bucket(file), os.environ
    options = {
        "key_id": env["AWS_ACCESS_KEY_ID"],
        "secret": env["AWS_SECRET_ACCESS_KEY"],
        "session_token": env.get("AWS_SESSION_TOKEN"),
        "region": env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION"),
        "scope": f"{SCHEME}{name}",
    }
    if endpoint := _endpoint():
        scheme, _, host = endpoint.partition("://")
        options |= {"endpoint": host.rstrip("/"), "use_ssl": str(scheme == "https").lower(), "url_style": "path"}
    secret = f"levelground_{re.sub('[^a-z0-9]', '_', name.lower())}"
    return secret, ", ".join(["type s3", *(f"{option} {literal(text)}" for option, text in options.items() if text)])


def _endpoint() -> str | None:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


@lru_cache(maxsize=1)
def _client() -> Any:
    import fsspec  # noqa: PLC0415 - only a lake in S3 needs it

    require()
    style = {"config_kwargs": {"s3": {"addressing_style": "path"}}} if _endpoint() else {}
    return fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True, **style)


def _call(method: str, url: str, **arguments: Any) -> dict[str, Any]:
    key = url.removeprefix(SCHEME).partition("/")[2]
    with _explained(url):
        found: dict[str, Any] = _client().call_s3(method, Bucket=bucket(url), Key=key, **arguments)
        return found


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Errors of the client as a StoreUnusable with the address and the kind of the error."""
    require()
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - only a lake in S3 needs it

    try:
        yield
    except FileNotFoundError:
        raise
    except (BotoCoreError, ClientError, OSError) as error:
        reason = "access denied" if isinstance(error, PermissionError) else type(error).__name__
        raise StoreUnusable(
            f"the store does not answer for {url} ({reason}); check AWS_ENDPOINT_URL and the credentials"
        ) from None
