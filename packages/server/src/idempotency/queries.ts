import type { UserId } from "@colloquy/protocol";
import type { Queryable, Statement } from "../database/database.ts";

/** What is kept of a request: its fingerprint, and its answer once there is one. */
export interface KeptRequest {
  request: string;
  status: number | null;
  body: string | null;
}

/** Seconds after which a request that never answered (its server died) may be tried again, and keys are forgotten. */
const ABANDONED = 60;
const FORGOTTEN = 24 * 60 * 60;

const CLAIM: Statement = {
  name: "idempotency_claim",
  text: `insert into idempotency_key as k (user_id, key, request) values ($1, $2, $3)
    on conflict (user_id, key) do update set request = excluded.request, status = null, body = null, created = now()
      where k.created < now() - make_interval(secs => case when k.status is null then ${ABANDONED} else ${FORGOTTEN} end)
    returning key`,
};

const FIND: Statement = {
  name: "idempotency_find",
  text: "select request, status, body from idempotency_key where user_id = $1 and key = $2",
};

/** Claims a key for a request; answers what is kept of the one that has it already, or null. */
export async function claim(
  db: Queryable,
  userId: UserId,
  key: string,
  request: string,
): Promise<KeptRequest | null> {
  const claimed = await db.query(CLAIM, [userId, key, request]);
  if (claimed.length > 0) return null;
  const [kept] = await db.query<KeptRequest>(FIND, [userId, key]);
  return kept ?? claim(db, userId, key, request);
}

const KEEP: Statement = {
  name: "idempotency_keep",
  text: "update idempotency_key set status = $3, body = $4 where user_id = $1 and key = $2",
};

export async function keep(
  db: Queryable,
  userId: UserId,
  key: string,
  status: number,
  body: string,
): Promise<void> {
  await db.query(KEEP, [userId, key, status, body]);
}

const RELEASE: Statement = {
  name: "idempotency_release",
  text: "delete from idempotency_key where user_id = $1 and key = $2 and status is null",
};

/** Gives a key back: its request created nothing. */
export async function release(db: Queryable, userId: UserId, key: string): Promise<void> {
  await db.query(RELEASE, [userId, key]);
}

/** Rows deleted by one statement. */
const BATCH = 10_000;

const PURGE: Statement = {
  name: "idempotency_purge",
  text: `with oldest as (
      select user_id, key from idempotency_key where created < now() - interval '${FORGOTTEN} seconds'
      order by created limit ${BATCH} for update skip locked),
    gone as (
      delete from idempotency_key k using oldest o where k.user_id = o.user_id and k.key = o.key returning k.key)
    select count(*) as count from gone`,
};

/** Deletes the keys that are forgotten, with the answers kept for them. Answers how many. */
export async function purgeKeys(db: Queryable): Promise<number> {
  let deleted = 0;
  for (;;) {
    const [row] = await db.query<{ count: number }>(PURGE);
    deleted += row!.count;
    if (row!.count < BATCH) return deleted;
  }
}
