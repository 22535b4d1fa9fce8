"""Connector for files behind URLs: download them, then read them like delivered files.

If the newest delivery has the same files, the server is only asked whether they changed. A download still contains the columns
that the contract drops, so that it is stored encrypted and without a name (`ingest.readers.encrypted_file`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlparse

from ingest.connectors.fetch import FetchRequest, hash_address
from ingest.connectors.http_client import Download, PortalClient
from ingest.connectors.origin import Origin, open_files
from ingest.contract import Contract, HttpConnector
from ingest.readers.files import File, is_delivered_file


def open_origin(contract: Contract, connector: HttpConnector, request: FetchRequest) -> Origin:
    """Open the file behind a URL."""
    name = _name(connector)
    return download(contract, PortalClient(contract.source, name, connector, request), [(name, connector.url)], request)


def fetch_file(source: str, connector: HttpConnector, request: FetchRequest) -> File:
    """The file behind a URL, for a draft of its contract."""
    name = _name(connector)
    got = PortalClient(source, name, connector, request).download(connector.url, request.folder, _file_name(name))
    assert got is not None, "nothing is known of it, so that it is always sent"
    return _as_file(got)


def download(contract: Contract, client: PortalClient, files: Sequence[tuple[str, str]], request: FetchRequest) -> Origin:
    """Download the (name, address) files as a delivery; it has no tables if all files are those of the newest delivery."""
    addressed = [(_file_name(name), url) for name, url in files]
    by_address = {file.address: file for file in reversed(request.known)}
    known = [by_address.get(hash_address(url)) for _, url in addressed]
    got: list[Download | None] = []
    for (name, url), before in zip(addressed, known, strict=True):
        # if one file changed, all are downloaded: a delivery is complete
        conditional = all(known) and len(request.known) == len(known) and not any(got)
        got.append(client.download(url, request.folder, name, before if conditional else None))
    if not any(got):
        same = sorted((file for file in known if file), key=lambda file: file.name)
        return Origin((), {file.name: file.sha256 for file in same}, fetched=tuple(same))
    for at, (name, url) in enumerate(addressed):
        got[at] = got[at] or client.download(url, request.folder, name)
    downloads = sorted((part for part in got if part), key=lambda part: part.record.name)
    delivered = (_as_file(part) for part in downloads if is_delivered_file(PurePosixPath(part.record.name)))
    origin = open_files(contract, tuple(delivered))
    return Origin(origin.tables, origin.file_hashes, fetched=tuple(part.record for part in downloads))


def _name(connector: HttpConnector) -> str:
    return unquote(PurePosixPath(urlparse(connector.url).path).name) or "download"


def _file_name(name: str) -> str:
    return name.replace("/", "_").lstrip(".")


def _as_file(part: Download) -> File:
    return File(part.record.name, part.content.open, lambda: part.record.sha256)
