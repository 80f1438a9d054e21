-- Confirmations of `control` questions that named a client_id: a confirmation stores no message that would hold it.
create table confirmation (
  thread_id bigint not null references thread on delete cascade,
  user_id bigint not null,
  client_id uuid not null,
  primary key (thread_id, user_id, client_id)
);

-- A thread that was made without a title has an empty one.
update thread set title = '' where title is null;
alter table thread alter column title set default '', alter column title set not null;
