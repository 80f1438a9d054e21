import sql from "sql-template-tag";
import { alternating, type Pair } from "./support/alternating.ts";
import type { Figure } from "./support/figure.ts";
import type { HttpRequest } from "./support/keepAlive.ts";
import { addPeople, openRoom, post } from "./support/rooms.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const MOST = 1.2;
const LONG = 1_000_000;
const SHORT = 1_000;
const NEWEST = [`before=${Number.MAX_SAFE_INTEGER}&limit=20`, "ordering=-id&limit=20"];

/** What sending and listing cost in a thread of 1,000,000 messages, against one of 1,000. */
export function history(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "history", async (stage) => {
    await addPeople(stage, 2);
    const [long, short] = [await openRoom(stage, [1, 2]), await openRoom(stage, [1, 2])];
    await talk(stage, short, SHORT);
    await talk(stage, long, LONG);
    await stage.db.query(sql`analyze`);
    const { address } = await stage.startServer();
    const token = await stage.tokenOf(1);
    const compare = (name: string, of: (thread: number) => HttpRequest) => {
      const sizes = `${LONG.toLocaleString("en")} messages against ${SHORT.toLocaleString("en")}`;
      const pair: Pair = { measurement: `${name}, ${sizes}`, large: [of(long)], small: [of(short)] };
      return alternating(stage, address, MOST, pair);
    };
    const posts = new Map<number, HttpRequest>();
    for (const thread of [long, short]) posts.set(thread, await post(stage, thread, 1));
    // Posting first: it stores the count of what is unread, which is 500,000 messages here.
    const figures = [await compare("post text", (thread) => posts.get(thread)!)];
    for (const query of NEWEST)
      figures.push(
        await compare(`list ?${query.replace(/\d{3,}/, "…")}`, (thread) => ({
          method: "GET",
          path: `/api/threads/${thread}/messages?${query}`,
          token,
        })),
      );
    return figures;
  });
}

/** Two people talk by turns until the thread has so many messages. */
async function talk({ db }: Stage, thread: number, count: number): Promise<void> {
  await db.query(sql`insert into message (thread_id, seq, sender_id, type, text)
    select ${thread}, seq, 1 + seq % 2, 'message', 'Message number ' || seq
    from generate_series(1, ${count}::int) seq`);
  await db.query(sql`update thread set seq = ${count} where id = ${thread}`);
}
