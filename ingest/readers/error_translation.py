"""Translate a library's error into a problem and a remedy for the steward, without the library's text, which quotes the row.

Readers raise their own errors (`DeliveryError`) for what they detect themselves.
"""

from __future__ import annotations

import lzma
import struct
import zlib

import pyarrow as pa

from ingest.contract import Format
from ingest.readers.archives import ARCHIVE_ERRORS
from ingest.readers.text_stream import MissingByteOrderMark

DAMAGE = (*ARCHIVE_ERRORS, lzma.LZMAError)
READ_ERRORS = (*DAMAGE, pa.ArrowException, OSError, UnicodeError, NotImplementedError, RuntimeError, struct.error, zlib.error)


def explain_error(error: BaseException, how: Format) -> tuple[str, str]:
    """(problem, remedy) for one of `READ_ERRORS`."""
    text = str(error)
    if isinstance(error, MissingByteOrderMark):
        return (
            f"it has no byte order mark, and {how.encoding} without one may be either",
            f"write format.encoding: {how.encoding}-le in the contract, or {how.encoding}-be",
        )
    if isinstance(error, UnicodeEncodeError):
        return "it contains half a character (a lone surrogate)", "export it again"
    if isinstance(error, UnicodeError) or "UTF8" in text or "utf-8" in text or "Invalid encoding" in text:
        return (
            f"its bytes are not {how.encoding}",
            "save it in that encoding, or say in the contract which one it is in (format.encoding)",
        )
    if "Empty CSV" in text:
        return "the file is empty", "deliver it again, with its header row"
    if "Could not skip initial" in text:
        return (
            f"it ends before its header, which the contract expects after {how.header.skip} lines",
            "deliver it again, or correct format.header.skip in the contract",
        )
    if isinstance(error, DAMAGE):
        return "the compressed data is damaged or cut off", "deliver it again"
    if isinstance(error, NotImplementedError) and not isinstance(error, pa.ArrowException):
        return "the archive is compressed in a way that Levelground cannot read", "compress it with ordinary zip (Deflate)"
    if "encrypted" in text:
        return "the archive is encrypted", "deliver it without a password, through a secure channel"
    if how.kind == "parquet":
        return "this is not a Parquet file, or it is cut off", "deliver it again"
    if isinstance(error, OSError) and error.errno is None:  # bz2 raises it like this
        return "the compressed data is damaged or cut off", "deliver it again"
    if isinstance(error, OSError):
        return f"reading stopped ({error.strerror})", "check the disk, share or server that it is on, and deliver it again"
    if how.kind == "fixed_width":
        return "a line is longer than 4 MB, or contains a control character", "export it again, one record per line"
    return (
        "a record cannot be parsed: a quote is left open, or a record is longer than 4 MB",
        "export it again, with every quote closed",
    )
