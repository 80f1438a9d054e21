-- What a POST with an Idempotency-Key answered, so that the same request again creates nothing.
create table idempotency_key (
  user_id bigint not null,
  key text not null,
  -- Of the method, the address and the body: a key stands for one request.
  request text not null,
  -- Null while the request is under way.
  status integer,
  body text,
  created timestamptz not null default now(),
  primary key (user_id, key)
);
create index idempotency_key_created on idempotency_key (created);
