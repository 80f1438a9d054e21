-- One person's run through a schema as a live form.
create table survey (
  id bigint generated always as identity primary key,
  schema_id bigint not null references schema,
  user_id bigint not null,
  automated_sender bigint,
  -- {visibility: [qid, …], completed: boolean}; null for a schema without questions.
  state jsonb,
  -- The pool, as the active answers make it.
  variables jsonb not null default '{}',
  -- Where the walk through the schema stopped at a fault of it.
  failure jsonb,
  -- Grows with every change of an answer. What was decided on one revision is written only if it still holds.
  revision bigint not null default 0,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);
create index survey_user on survey (user_id, id);
create index survey_schema on survey (schema_id, id);

-- The answer to one question of a survey.
create table survey_item (
  id bigint generated always as identity primary key,
  survey_id bigint not null references survey on delete cascade,
  question_id bigint not null references question,
  -- Options chosen, in the order submitted.
  answers bigint[] not null default '{}',
  -- As shown: the options' texts and what was written beside them.
  text text not null default '',
  -- What the person wrote.
  written text not null default '',
  meta jsonb,
  sender_id bigint,
  -- Whether its question is visible: what is off the path is kept, and counts for nothing.
  active boolean not null,
  created timestamptz not null default now(),
  updated timestamptz not null default now(),
  constraint survey_item_once unique (survey_id, question_id)
);
create index survey_item_question on survey_item (question_id, survey_id);
