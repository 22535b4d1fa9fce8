"""Files that are downloaded, and then read like any file that was delivered.

Here: several addresses into the run's folder, asked only whether they changed where the newest delivery knows them. Not
here: the download itself (`portal`), the readers (`tables`).

The folder is the owner's alone and goes when the source has been read: a file is there as sent, with what the contract drops.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from ingest.connectors.fetch import Fetch
from ingest.connectors.origin import Origin, open_folder
from ingest.connectors.portals.client import Portal
from ingest.contract import Contract, HttpConnector
from ingest.readers.files import delivered_files

if TYPE_CHECKING:
    from ingest.connectors.fetch import Fetched


def open_http(contract: Contract, connector: HttpConnector, fetch: Fetch) -> Origin:
    """The file behind a URL."""
    name = unquote(PurePosixPath(urlparse(connector.url).path).name) or "download"
    return download(contract, Portal(contract.source, name, connector.url, fetch), [(name, connector.url)], fetch)


def download(contract: Contract, portal: Portal, files: Sequence[tuple[str, str]], fetch: Fetch) -> Origin:
    """The (name, address) files as a delivery; without parts if all are still those of the newest delivery."""
    addressed = [(name.replace("/", "_").lstrip("."), url) for name, url in files]
    known = [fetch.known_of(url) for _, url in addressed]
    got: list[Fetched | None] = []
    for (name, url), before in zip(addressed, known, strict=True):
        # one that changed needs all the others beside it
        conditional = all(known) and len(fetch.known) == len(known) and not any(got)
        got.append(portal.download(url, fetch.folder, name, before if conditional else None))
    if not any(got):
        same = tuple(sorted((file for file in known if file), key=lambda file: file.name))
        return Origin((), {file.name: file.sha256 for file in same}, fetched=same)
    for at, (name, url) in enumerate(addressed):
        got[at] = got[at] or portal.download(url, fetch.folder, name)
    origin = open_folder(contract, delivered_files(fetch.folder), fetch.folder)
    fetched = sorted((file for file in got if file), key=lambda file: file.name)
    return Origin(origin.parts, origin.file_hashes, fetched=tuple(fetched))
