"""Processes that others start: how they end with the one that started them, and the worker that runs a task."""
