"""Connector for files behind URLs: download them, then read them like delivered files.

If the newest delivery has the same files, the server is only asked whether they changed. The download folder is readable by its
owner only, and is removed when the source has been read: a file there still contains the columns that the contract drops.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlparse

from ingest.connectors.fetch import DownloadedFile, FetchRequest
from ingest.connectors.http_client import PortalClient
from ingest.connectors.origin import Origin, open_folder
from ingest.contract import Contract, HttpConnector
from ingest.readers.files import delivered_files


def open_http(contract: Contract, connector: HttpConnector, request: FetchRequest) -> Origin:
    """Open the file behind a URL."""
    name = unquote(PurePosixPath(urlparse(connector.url).path).name) or "download"
    return download(contract, PortalClient(contract.source, name, connector.url, request), [(name, connector.url)], request)


def download(contract: Contract, client: PortalClient, files: Sequence[tuple[str, str]], request: FetchRequest) -> Origin:
    """Download the (name, address) files as a delivery; it has no tables if all files are those of the newest delivery."""
    addressed = [(name.replace("/", "_").lstrip("."), url) for name, url in files]
    known = [request.known_file(url) for _, url in addressed]
    got: list[DownloadedFile | None] = []
    for (name, url), before in zip(addressed, known, strict=True):
        # if one file changed, all are downloaded: a delivery is complete
        conditional = all(known) and len(request.known) == len(known) and not any(got)
        got.append(client.download(url, request.folder, name, before if conditional else None))
    if not any(got):
        same = tuple(sorted((file for file in known if file), key=lambda file: file.name))
        return Origin((), {file.name: file.sha256 for file in same}, fetched=same)
    for at, (name, url) in enumerate(addressed):
        got[at] = got[at] or client.download(url, request.folder, name)
    origin = open_folder(contract, delivered_files(request.folder), request.folder)
    fetched = sorted((file for file in got if file), key=lambda file: file.name)
    return Origin(origin.tables, origin.file_hashes, fetched=tuple(fetched))
