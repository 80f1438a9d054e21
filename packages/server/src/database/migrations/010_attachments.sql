-- What is attached to messages. A file's row is written before its bytes and deleted after them, so that the bytes
-- without an attachment, and those whose writing was never finished, are always found from here.
alter table message add column has_attachments boolean not null default false;
create table attachment (
  id bigint generated always as identity primary key,
  message_id bigint not null references message on delete cascade,
  type text not null,
  title text not null,
  description text not null,
  src text,
  options jsonb,
  object_id bigint,
  content_type jsonb,
  created timestamptz not null,
  updated timestamptz not null
);
create index attachment_message on attachment (message_id, id);
create table file (
  id bigint generated always as identity primary key,
  -- Its name in the storage.
  key text not null unique,
  -- Null until it is attached, and from when its attachment is gone: then it is to be removed.
  attachment_id bigint references attachment on delete set null,
  role text check (role in ('content', 'thumbnail')),
  media_type text,
  size bigint,
  width integer,
  height integer,
  created timestamptz not null default now()
);
create index file_attachment on file (attachment_id) where attachment_id is not null;
create index file_unattached on file (created) where attachment_id is null;
