-- `chosen_by`: a fingerprint of the contract. Which files of `append` have landed follows from the accepted loads.
alter table intake.loads add column chosen_by varchar;
drop table if exists intake.files;
