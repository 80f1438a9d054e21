import type { Message } from "@colloquy/protocol";
import { Client } from "pg";
import type { Member, Truth } from "./ledger.ts";
import { type Api, openApi } from "./people/api.ts";
import type { Setting } from "./setting.ts";

// Counted one by one, not as the server does: all that others said and that is in no range which the member has read.
const UNREAD = `select m.thread_id, m.user_id, count(x.id) filter (where x.sender_id <> m.user_id
    and not exists (select from unnest(m.seen) r where x.seq >= lower(r) and x.seq < upper(r)))::int as unread
  from colloquy.member m left join colloquy.message x on x.thread_id = m.thread_id and x.deleted is null
  group by 1, 2 order by 1, 2`;
const MESSAGES = `select id::int, thread_id::int as thread, seq::int, split_part(text, ' ', 1) as label
  from colloquy.message order by thread_id, seq`;

/** Of messages, some of which are long. */
const PAGE = 50;

/** Reads how everything is, from the rows and through the API; what members list is read from then on. */
export async function findTruth(
  databaseUrl: string,
  { people, threads, busy }: Setting,
  addresses: readonly string[],
): Promise<Truth> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const { rows: messages } = await database.query<Truth["messages"][number]>(MESSAGES);
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
    const api = openApi(addresses, tokens.get(person)!);
    const said = (await api.ask("GET", `/threads/${thread}`)).body.unread as number;
    const list = await listOf(api, thread);
    const unread = list.filter(({ is_own, is_read }) => !is_own && !is_read).length;
    members.push({ thread, person, unread: { said, counted: row.unread, listed: unread } });
    if (listers.get(thread) !== person) continue;
    for (const { id, text } of list) listed.push({ id, thread, label: text.split(" ", 1)[0]! });
  }
  return { messages, listed, members };
}

async function listOf(api: Api, thread: number): Promise<Message[]> {
  const list: Message[] = [];
  for (let after = 0; ; after = list.at(-1)!.id) {
    const { body } = await api.ask("GET", `/threads/${thread}/messages?limit=${PAGE}&after=${after}`);
    list.push(...(body.results as Message[]));
    if (body.results.length < PAGE) return list;
  }
}
