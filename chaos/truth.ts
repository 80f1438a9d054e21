import type { Message } from "@colloquy/protocol";
import { Client } from "pg";
import type { LogEntry, Member, Truth } from "./ledger.ts";
import { type Api, openApi } from "./people/api.ts";
import type { Setting } from "./setting.ts";

// Counted one by one, not as the server does: all that others said and that is in no range which the member has read.
const UNREAD = `select m.thread_id, m.user_id, count(x.id) filter (where x.sender_id <> m.user_id
    and not exists (select from unnest(m.seen) r where x.seq >= lower(r) and x.seq < upper(r)))::int as unread
  from colloquy.member m left join colloquy.message x on x.thread_id = m.thread_id and x.deleted is null
  group by 1, 2 order by 1, 2`;
const MESSAGES = `select id::int, thread_id::int as thread, seq::int, split_part(text, ' ', 1) as label
  from colloquy.message where thread_id = any($1) order by thread_id, seq`;
const LOG = `select e.thread_id::int as thread, e.seq::int, e.type, (e.data ->> 'user')::int as user,
    m.sender_id::int as sender
  from colloquy.event e left join colloquy.message m on m.id = (e.data ->> 'message')::bigint
  where e.thread_id = any($1) order by e.thread_id, e.seq`;

/** Of messages, some of which are long. */
const PAGE = 50;

/** Reads how everything is, from the rows and through the API; what members list is read from then on. `attacked`: threads. */
export async function findTruth(
  databaseUrl: string,
  { people, threads, busy }: Setting,
  addresses: readonly string[],
  attacked: readonly number[],
): Promise<Truth> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const { rows: messages } = await database.query<Truth["messages"][number]>(MESSAGES, [
    [...threads.map(({ id }) => id), busy.thread],
  ]);
  const { rows: log } = await database.query<LogEntry>(LOG, [attacked]);
  const { rows: counted } = await database.query<{ thread_id: string; user_id: string; unread: number }>(
    UNREAD,
  );
  await database.end();

  const readers = [...threads.map(({ id, creator }) => [id, creator]), [busy.thread, busy.reader]];
  const listers = new Map(readers as [number, number][]);
  const tokens = new Map(people.map(({ id, token }) => [id, token]));
  const listed: Truth["listed"] = [];
  const members: Member[] = [];
  for (const row of counted) {
    const [thread, person] = [Number(row.thread_id), Number(row.user_id)];
    // Attackers are judged by the log.
    if (!tokens.has(person)) continue;
    const api = openApi(addresses, tokens.get(person)!);
    const said = (await api.ask("GET", `/threads/${thread}`)).body.unread as number;
    const list = await listOf(api, thread);
    const unread = list.filter(({ is_own, is_read }) => !is_own && !is_read).length;
    members.push({ thread, person, unread: { said, counted: row.unread, listed: unread } });
    if (listers.get(thread) !== person) continue;
    for (const { id, text } of list) listed.push({ id, thread, label: text.split(" ", 1)[0]! });
  }
  return { messages, listed, members, log };
}

async function listOf(api: Api, thread: number): Promise<Message[]> {
  const list: Message[] = [];
  for (let after = 0; ; after = list.at(-1)!.id) {
    const { body } = await api.ask("GET", `/threads/${thread}/messages?limit=${PAGE}&after=${after}`);
    list.push(...(body.results as Message[]));
    if (body.results.length < PAGE) return list;
  }
}
