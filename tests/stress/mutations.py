"""Change bytes and texts at random, as transfers, exports, editors and attackers do."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

EXTREMES = (
    b"\x00",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\x80",
    b"\n",
    b"\r",
    b'"',
    b",",
    b"\x00" * 64,
    b"9" * 400,
)
# What YAML, SQL and GraphQL make of words: tags, anchors, keys that are lists, numbers that are none, brackets without end.
WORDS = (
    "&a [*a]", "*a", "<<: *a", "? [a]: b", "!!binary x", "!!python/name:os.system", "2025-02-30", "0x1g", ".nan", ".inf",
    "1e999", "9" * 400, "{", "}", "[", "]", "(", ")", "\t", "\u2028", "\ufeff", "---", "|", "~", "''", '"', "null", "true", "-1",
    "0", "#", "[" * 300, "{a: " * 300, "(" * 300, "{{ env_var('HOME') }}", "{% raw %}", "</script>", "../../etc", "%s", ";", "--",
    "/*", "*/", "{a}", "{b}", "mutation", "query", "subscription", "fragment f on Query", "...f", "@skip(if: true)", "$x",
    "select", "from", "union all", "with recursive", "'", "\\", "é", "\U0001f600", " ", "\n",
)  # fmt: skip


def mutate(data: bytes, pick: random.Random, other: bytes = b"") -> bytes:
    """Some changes of bytes, also inside an archive; `other` is a file from which parts are taken."""
    if data[:2] == b"PK" and pick.random() < 0.7:
        return _in_zip(data, pick, other)
    if data[:2] == b"\x1f\x8b" and pick.random() < 0.7:
        return gzip.compress(mutate(gzip.decompress(data), pick, other))
    changed = bytearray(data)
    for _ in range(pick.choice((1, 1, 2, 3, 5, 20))):
        at = pick.randrange(len(changed) + 1)
        length = pick.choice((1, 1, 2, 4, 16, 100, len(changed) // 4))
        match pick.randrange(8):
            case 0:
                for where in range(at, min(at + length, len(changed))):
                    changed[where] ^= 1 << pick.randrange(8)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length] * pick.choice((1, 2, 50))
            case 3:
                changed[at : at + length] = pick.choice(EXTREMES)
            case 4:
                changed[at : at + min(length, 100)] = pick.randbytes(min(length, 100))
            case 5:
                begin = pick.randrange(len(other) + 1)
                changed[at : at + length] = other[begin : begin + length]
            case 6:
                changed[at : at + length] = pick.choice(WORDS).encode()
            case _:
                del changed[at if pick.random() < 0.3 else len(changed) :]
    return bytes(changed)


def _in_zip(data: bytes, pick: random.Random, other: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        members = before.infolist()
        chosen = pick.randrange(len(members)) if members else 0
        for at, member in enumerate(members):
            content = before.read(member)
            after.writestr(member.filename, mutate(content, pick, other) if at == chosen else content)
    return buffer.getvalue()


def reword(text: str, pick: random.Random, other: str = "") -> str:
    """Some changes of a text, mostly at its lines and words; `other` is a text from which lines are taken."""
    for _ in range(pick.choice((1, 1, 1, 2, 3, 6))):
        lines = text.splitlines(keepends=True) or [""]
        at = pick.randrange(len(lines))
        words = lines[at].split(" ")
        word = pick.randrange(len(words))
        match pick.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[pick.randrange(len(lines))])
            case 2:
                lines.insert(at, pick.choice(other.splitlines(keepends=True) or [""]))
            case 3:
                words[word] = pick.choice(WORDS)
            case 4:
                words.insert(word, pick.choice(WORDS))
            case 5:
                del words[word]
            case 6:
                words[word] = pick.choice(pick.choice(other.splitlines() or [""]).split(" "))
            case _:
                position = pick.randrange(len(lines[at]) + 1)
                words = [lines[at][:position] + pick.choice(WORDS) + lines[at][position:]]
        if at < len(lines) and words != lines[at].split(" "):
            lines[at] = " ".join(words)
        text = "".join(lines)
    return text
