"""Operate a home: its state, the UI, its checks and alerts."""
