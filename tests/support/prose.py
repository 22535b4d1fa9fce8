"""Find phrases that `tests/support/prose.txt` bans, in every text that a person reads. Part of `make lint`.

    python -m tests.support.prose [paths …]      print each finding with what to write instead; exit 1 if there is one
    python -m tests.support.prose --count        print the number of findings per folder

Read are Markdown without code, comments and docstrings and strings of Python, comments of SQL, YAML, and the other text files of
`docs/`. Add a phrase to `prose.txt` when it is never right in this project; a word with a proper use stays out.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PHRASES = Path(__file__).with_name("prose.txt")
CODE_IN_MARKDOWN = re.compile(r"^ *```.*?^ *```|`[^`\n]*`|\]\([^)\n]*\)", re.MULTILINE | re.DOTALL)
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
DELIVERED_NAMES = re.compile(r"\bfrom: (?:\[[^\]]*\]|[^,}\n]*)")
IN_BACKTICKS = re.compile(r"`[^`\n]*`")


class Finding(NamedTuple):
    """One banned phrase in one file."""

    path: Path
    line: int
    phrase: str
    instead: str


class Rules(NamedTuple):
    """What prose.txt contains: banned phrases with what to write instead, and patterns of paths that are exempt."""

    banned: list[tuple[re.Pattern[str], str]]
    exempt: list[str]
    any_banned: re.Pattern[str]  # all phrases in one pattern: most files have none, and one search takes an eighth of the time


def read_rules(text: str) -> Rules:
    """Parse lines `pattern -> instead` and `exempt: glob`; `#` begins a comment."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    exempt = [line.removeprefix("exempt:").strip() for line in lines if line.startswith("exempt:")]
    pairs = [line.split(" -> ", 1) for line in lines if not line.startswith("exempt:")]
    banned = [(re.compile(rf"\b(?:{pattern.strip()})\b", re.IGNORECASE), instead.strip()) for pattern, instead in pairs]
    return Rules(banned, exempt, re.compile("|".join(pattern.pattern for pattern, _ in banned), re.IGNORECASE))


def prose(path: Path, text: str) -> str:
    """The text with everything that is not prose replaced by blanks, so that positions stay."""
    if path.suffix == ".py":
        return _of_python(text)
    if path.suffix == ".md":
        return CODE_IN_MARKDOWN.sub(_blank, text)
    if path.suffix == ".sql":
        blanked = re.sub(r"[^\n]", " ", text)
        for comment in SQL_COMMENT.finditer(text):
            blanked = blanked[: comment.start()] + IN_BACKTICKS.sub(_blank, comment[0]) + blanked[comment.end() :]
        return blanked
    if path.suffix in {".yml", ".yaml"}:
        text = DELIVERED_NAMES.sub(_blank, text)
    return IN_BACKTICKS.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "`", found[0])


def _of_python(text: str) -> str:
    lines = [[" "] * len(line) for line in text.splitlines()]
    wanted = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in wanted and " " in token.string:
            for number, part in enumerate(token.string.split("\n")):
                row, start = token.start[0] - 1 + number, token.start[1] if number == 0 else 0
                lines[row][start : start + len(part)] = IN_BACKTICKS.sub(_blank, part)
    return "\n".join("".join(line) for line in lines)


def find(path: Path, text: str, rules: Rules) -> Iterator[Finding]:
    """Each banned phrase, also where a line break is inside it."""
    readable = re.sub(r"\n( *(?:#|--|>) ?| *)", lambda found: "\n" + " " * len(found[1]), prose(path, text))
    for pattern, instead in rules.banned if rules.any_banned.search(readable) else []:
        for found in pattern.finditer(readable):
            yield Finding(path, readable.count("\n", 0, found.start()) + 1, " ".join(found[0].split()), instead)


def files(root: Path, rules: Rules) -> list[Path]:
    """The files of the repository that people read, without exempt ones."""
    wanted = {".md", ".py", ".sql", ".yml", ".yaml"}
    read = [
        path for path in _listed(root) if path.suffix in wanted or path.parts[:2] == ("docs", "deploy") or path.name == "Makefile"
    ]
    return [path for path in read if (root / path).is_file() and not any(path.match(pattern) for pattern in rules.exempt)]


def _listed(root: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    )
    return sorted(Path(line) for line in listed.stdout.splitlines())


def main(arguments: list[str]) -> int:
    """Print what was found; 1 if that is anything."""
    rules = read_rules(PHRASES.read_text(encoding="utf-8"))
    counting = "--count" in arguments
    paths = [Path(argument).resolve().relative_to(ROOT) for argument in arguments if argument != "--count"]
    read = [path for path in files(ROOT, rules) if not paths or any(path.is_relative_to(part) for part in paths)]
    found = [finding for path in read for finding in find(path, (ROOT / path).read_text(encoding="utf-8"), rules)]
    if counting:
        folders = Counter(finding.path.parts[0] for finding in found)
        print("\n".join(f"{number:5d}  {folder}" for folder, number in sorted(folders.items())))
    else:
        print("\n".join(f"{item.path}:{item.line}: “{item.phrase}”: write {item.instead}" for item in found))
    print(f"{len(found)} phrases in {len(read)} files")
    return 1 if found and not counting else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
