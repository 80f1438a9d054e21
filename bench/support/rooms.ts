import sql from "sql-template-tag";
import type { HttpRequest } from "./keepAlive.ts";
import type { Lane } from "./lanes.ts";
import type { Sent } from "./recording.ts";
import type { Stage } from "./stage.ts";

/** Makes people with the ids from 1 on. */
export async function addPeople({ db }: Stage, count: number): Promise<void> {
  await db.query(sql`insert into account (first_name, last_name)
    select 'First ' || n, 'Last ' || n from generate_series(1, ${count}::int) n`);
}

/** A thread whose members are these; the first one made it. */
export async function openRoom(
  { colloquy }: Stage,
  [creator, ...others]: [number, ...number[]],
  schema: number | null = null,
): Promise<number> {
  const mode = schema === null ? {} : ({ schema, state: "scripted" } as const);
  const { id } = await colloquy.threads.create({ creator, ...mode });
  for (const user of others) await colloquy.members.add(id, user);
  return id;
}

/** Makes all people between two ids members of a thread, as if they had been added. */
export async function addCrowd({ db }: Stage, thread: number, from: number, to: number): Promise<void> {
  await db.query(sql`insert into member (thread_id, user_id, permissions, notifications)
    select ${thread}, user_id, 19, 3 from generate_series(${from}::int, ${to}::int) user_id`);
  await db.query(sql`update thread set members_revision = members_revision + 1 where id = ${thread}`);
}

/** Posting to a thread in somebody's name. */
export async function post(
  stage: Stage,
  thread: number,
  user: number,
  body: object = TEXT,
): Promise<HttpRequest> {
  const token = await stage.tokenOf(user);
  return { method: "POST", path: `/api/threads/${thread}/messages`, token, body };
}

const TEXT = { text: "Thank you, that is very kind of you. I will be there at nine tomorrow morning." };

/** What the server sends to the database for each of some requests, made one after another. */
export async function recordRequests(stage: Stage, requests: readonly HttpRequest[]): Promise<Sent[][]> {
  const recorded: Sent[][] = [];
  for (const { method, path: url, token, body } of requests) {
    stage.take();
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, payload } = await stage.colloquy.app.inject({
      method,
      url,
      headers,
      ...(body ? { body } : {}),
    });
    if (statusCode >= 300) throw new Error(`Could not record ${method} ${url}: ${payload}`);
    recorded.push(stage.take());
  }
  return recorded;
}

/** Cycles dealt out to so many lanes. */
export function deal<Request>(cycles: readonly Request[][], lanes: number): Lane<Request>[] {
  return Array.from({ length: lanes }, (_, lane) =>
    cycles.filter((_, index) => index % lanes === lane).map((requests) => ({ requests, at: 0 })),
  );
}
