"""The exit codes of the command line. README.md lists what each means."""

from __future__ import annotations

EXIT_OK, EXIT_UNEXPECTED, EXIT_BAD_ARGUMENTS, EXIT_BLOCKED, EXIT_INCOMPLETE, EXIT_BUSY = 0, 1, 2, 3, 4, 5
EXIT_SIGNALS = 128  # plus the number of the signal that ended the command, as shells report it
EXIT_INTERRUPTED = 130  # Ctrl-C
