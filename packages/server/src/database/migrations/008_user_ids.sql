-- What a user's id is, said once: a number, or text where `accounts.ids` says so. Without constraints of its own the
-- domain is its base type to indexes and clients, and nothing here is rewritten. Whoever writes SQL says `user_ref`.
create domain user_ref as bigint;
drop index event_left;
alter table run alter user_id type user_ref;
alter table member alter user_id type user_ref, alter automated_sender type user_ref;
alter table message alter sender_id type user_ref;
alter table confirmation alter user_id type user_ref;
alter table event alter user_id type user_ref;
alter table thread_subscription alter user_id type user_ref;
alter table idempotency_key alter user_id type user_ref;
alter table survey alter user_id type user_ref, alter automated_sender type user_ref;
alter table survey_item alter sender_id type user_ref;
create index event_left on event (((data ->> 'user')::user_ref), xid) where type = 'member_left';
