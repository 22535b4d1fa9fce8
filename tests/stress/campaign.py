"""Try broken and hostile input against one target until a time is over: contracts, deliveries, queries or GraphQL documents.

    python -m tests.stress.campaign TARGET SECONDS SEED FOLDER

Each case is made from its number and the seed, so that it can be repeated. FOLDER holds the current case, which is the evidence
if this process ends, and a folder for each finding. See `tests.stress.targets` for what is tried and what must hold.
"""

from __future__ import annotations

import faulthandler
import json
import random
import sys
import time
import traceback
from pathlib import Path

from tests.stress.targets import TARGETS

# A case takes milliseconds, on a busy machine seconds; a parser that needs a minute for some kilobytes never ends.
HANG_SECONDS = 60
MOST_FINDINGS = 20


def run(name: str, seconds: float, seed: int, folder: Path) -> int:
    """Try cases; the number of distinct findings."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    target = TARGETS[name](folder / "work")
    ends, cases, accepted = time.monotonic() + seconds, 0, 0
    found: dict[str, str] = {}
    while time.monotonic() < ends and len(found) < MOST_FINDINGS:
        number = f"{seed}:{cases}"
        case = target.make(random.Random(number))
        (folder / "current").write_bytes(case.data)
        (folder / "current.json").write_text(json.dumps({"number": number, **case.about}))
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
        try:
            accepted += target.check(case)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            key = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
            if key not in found:
                found[key] = number
                finding_folder = folder / f"finding{len(found)}"
                finding_folder.mkdir(exist_ok=True)
                (finding_folder / "case").write_bytes(case.data)
                (finding_folder / "about.json").write_text(json.dumps({"number": number, **case.about}))
                (finding_folder / "traceback.txt").write_text("".join(traceback.format_exception(error)))
                print(f"{key}, case {number} {case.about}: {str(error)[:500]}", flush=True)
        finally:
            faulthandler.cancel_dump_traceback_later()
        cases += 1
    print(f"{name}: {cases} cases, {accepted} accepted, {len(found)} findings", flush=True)
    return len(found)


if __name__ == "__main__":
    sys.exit(min(1, run(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
