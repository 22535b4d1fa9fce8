"""What can go wrong with a delivery, said so that a steward can mend it.

Here: the one error that connectors raise. Not here: errors of ours (contracts, settings), which are no delivery's fault.
"""

from __future__ import annotations


class DeliveryError(Exception):
    """A delivery that cannot be fetched or read: which source and file, what is wrong, and what to do.

    The text never quotes a cell: a library's own message may, so it is never passed on.
    """

    def __init__(self, source: str, file: str, problem: str, remedy: str) -> None:
        self.source, self.file, self.problem, self.remedy = source, file, problem, remedy
        super().__init__(f"{source}: {file}: {problem}; {remedy}")
