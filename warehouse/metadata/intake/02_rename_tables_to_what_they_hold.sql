alter table intake.gone rename to superseded_rows;
alter table intake.gone_since rename to superseded_since;
alter table intake.standing rename to node_fingerprints;
alter table intake.verdicts rename to gate_results;
alter table intake.gate_results rename column verdict to result;
