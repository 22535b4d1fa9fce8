"""The error of a delivery, written so that its steward can fix it, and that of `levelground sample`.

Errors in contracts and settings have their own classes.
"""

from __future__ import annotations

from warehouse.printable import printable


class DeliveryError(Exception):
    """A delivery that cannot be fetched or read: the source, the file, the problem and the remedy.

    The text never quotes a cell. A library's own message may, so it is never passed on.
    Names of files and columns in it are escaped, so that they cannot control a terminal or begin a line of a log.
    """

    def __init__(self, source: str, file: str, problem: str, remedy: str) -> None:
        self.source, self.file, self.problem, self.remedy = source, *map(printable, (file, problem, remedy))
        super().__init__(f"{source}: {self.file}: {self.problem}; {self.remedy}")


class SampleError(Exception):
    """The sample city cannot be written there, or not with these numbers; the message names the remedy.

    It is here because each command knows it, and only those that write the sample city load its generator.
    """
