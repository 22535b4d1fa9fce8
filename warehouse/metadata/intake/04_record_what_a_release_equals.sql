alter table intake.node_fingerprints add column release_id varchar;
