"""Contracts in, deliveries landed.

Here: what a department promised (contracts), how its delivery is fetched and read (connectors), written down as sent
(deliver), typed (typed) and taken into the landing tables (promote). Not here: whether a delivery is good enough
(`expectations`), what it means (`dbt_project`), when any of it happens (`orchestration`).
"""
