"""The process of a run: how a signal ends it, its child processes, and its garbage collector."""
