-- What somebody missed is looked up by thread, or by user, from a transaction on.
create index event_thread_xid on event (thread_id, xid) where seq is not null;
create index event_user_xid on event (user_id, xid, id) where thread_id is null;

-- Events of transactions up to this one may have been deleted: who knows no more than that must fetch anew.
create table event_horizon (
  single boolean primary key default true check (single),
  xid xid8 not null
);
insert into event_horizon (xid) values ('0');
