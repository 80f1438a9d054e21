import sql from "sql-template-tag";
import { alternating } from "./support/alternating.ts";
import type { Figure } from "./support/figure.ts";
import type { HttpRequest } from "./support/keepAlive.ts";
import { addPeople, openRoom, post } from "./support/rooms.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const LONG = 1_000_000;
const SHORT = 1_000;
const NEWEST = [`before=${Number.MAX_SAFE_INTEGER}&limit=20`, "ordering=-id&limit=20"];

interface Talk {
  address: string;
  send: HttpRequest;
  lists: HttpRequest[];
}

/** What sending and listing cost in a thread of 1,000,000 messages, against one of 1,000 in a database of its own. */
export function history(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "history_long", (far) =>
    onStage(bench, "history_short", async (near) => {
      const [long, short] = [await prepare(far, LONG), await prepare(near, SHORT)];
      const sizes = `${LONG.toLocaleString("en")} messages against ${SHORT.toLocaleString("en")}`;
      const compare = (name: string, of: (talk: Talk) => HttpRequest) =>
        alternating(far, {
          measurement: `${name}, ${sizes}`,
          large: { address: long.address, request: of(long) },
          small: { address: short.address, request: of(short) },
        });
      // Posting first: it stores the count of what is unread, which is half of all here.
      const figures = [await compare("post text", ({ send }) => send)];
      for (const [index, query] of NEWEST.entries())
        figures.push(await compare(`list ?${query.replace(/\d{3,}/, "…")}`, ({ lists }) => lists[index]!));
      return figures;
    }),
  );
}

async function prepare(stage: Stage, messages: number): Promise<Talk> {
  await addPeople(stage, 2);
  const thread = await openRoom(stage, [1, 2]);
  await talk(stage, thread, messages);
  await stage.db.query(sql`analyze`);
  const { address } = await stage.startServer();
  const token = await stage.tokenOf(1);
  const path = `/api/threads/${thread}/messages`;
  return {
    address,
    send: await post(stage, thread, 1),
    lists: NEWEST.map((query) => ({ method: "GET", path: `${path}?${query}`, token })),
  };
}

/** Two people talk by turns until the thread has so many messages. */
async function talk({ db }: Stage, thread: number, count: number): Promise<void> {
  await db.query(sql`insert into message (thread_id, seq, sender_id, type, text)
    select ${thread}, seq, 1 + seq % 2, 'message', 'Message number ' || seq
    from generate_series(1, ${count}::int) seq`);
  await db.query(sql`update thread set seq = ${count} where id = ${thread}`);
}
