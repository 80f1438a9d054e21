-- Who comes back is told which threads they have left since.
create index event_left on event (((data ->> 'user')::bigint), xid) where type = 'member_left';
