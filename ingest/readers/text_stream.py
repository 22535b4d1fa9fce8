"""Transcode text of any encoding to UTF-8, and refuse a file without the byte order mark that its encoding needs."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import IO

import pyarrow as pa

from ingest.contract import Format

CHUNK_BYTES = 1 << 20
# Encodings whose byte order only the mark shows.
OF_EITHER_ORDER = {"utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)}


class MissingByteOrderMark(UnicodeError):
    """A file whose encoding needs a byte order mark has none."""


class Utf8Stream:
    """A stream as UTF-8, for Arrow; `quotes` counts the quotes so far, and `watch` receives all bytes first."""

    def __init__(self, stream: IO[bytes], how: Format, watch: Callable[[bytes], None] | None = None) -> None:
        name = codecs.lookup(how.encoding).name
        self._is_utf8 = name in ("utf-8", "utf-8-sig")
        marked = _Marked(stream, OF_EITHER_ORDER.get(name))
        self._stream = (
            marked if self._is_utf8 else pa.transcoding_input_stream(pa.PythonFile(marked, mode="r"), how.encoding, "utf-8")
        )
        self._begun, self._watch = False, watch
        self.quotes = 0
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes; raises UnicodeError for the byte order mark of another encoding."""
        chunk: bytes = self._stream.read(size)
        if not self._begun and self._is_utf8 and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnicodeError("a byte order mark of UTF-16")
        self._begun = True
        if self._watch:
            self._watch(chunk)
        self.quotes += chunk.count(b'"')
        return chunk


class _Marked:
    """A stream that must begin with one of the marks, if the encoding has any."""

    def __init__(self, stream: IO[bytes], marks: tuple[bytes, ...] | None) -> None:
        self._stream, self._marks = stream, marks
        self.closed = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        if self._marks and chunk and not chunk.startswith(self._marks):
            raise MissingByteOrderMark("no byte order mark")
        self._marks = None
        return chunk


def decode_text(stream: IO[bytes], how: Format) -> Iterator[str]:
    """The text of a stream in pieces, without its byte order mark; raises UnicodeError like `Utf8Stream`."""
    name = codecs.lookup(how.encoding).name
    marked = _Marked(stream, OF_EITHER_ORDER.get(name))
    decoder = codecs.getincrementaldecoder(how.encoding)("strict")
    begun = False
    while chunk := marked.read(CHUNK_BYTES):
        if not begun and name in ("utf-8", "utf-8-sig") and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnicodeError("a byte order mark of UTF-16")
        text = decoder.decode(chunk)
        yield text if begun else text.removeprefix("\ufeff")
        begun = begun or bool(text)
    yield decoder.decode(b"", final=True)
