import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import sql from "sql-template-tag";
import { type Figure, median } from "./support/figure.ts";
import { addPeople } from "./support/rooms.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const THREADS = 10_000;
const MESSAGES = 1_000_000;
/** Messages of one statement, which may take only so long. */
const CHUNK = 20_000;
const ROUNDS = 41;
/** Milliseconds. */
const LONGEST = 30;
const LEAST = 0.5;
/** Who is in so many threads. */
const PEOPLE = { 1: 1, 2: 1_000 } as const;
/** In every third message, in one of some 20,000, and in none. */
const WORDS = { common: "often", rare: "needle", absent: "nowhere" };

/** Searching all of one's threads over HTTP, among a million messages, against the same SQL straight through the driver. */
export function search(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "search", async (stage) => {
    await fill(stage);
    const { address } = await stage.startServer();
    const figures: Figure[] = [];
    for (const [user, threads] of Object.entries(PEOPLE))
      for (const [name, word] of Object.entries(WORDS))
        figures.push(...(await measure(stage, address, Number(user), threads, name, word)));
    return figures;
  });
}

async function measure(
  stage: Stage,
  address: string,
  user: number,
  threads: number,
  name: string,
  word: string,
): Promise<Figure[]> {
  const token = await stage.tokenOf(user);
  const headers = { authorization: `Bearer ${token}` };
  const ask = async () => {
    const response = await fetch(`${address}/api/search?q=${word}`, { headers });
    if (!response.ok) throw new Error(`A search answers ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  };
  stage.take();
  await stage.colloquy.messages.search(user, word);
  const statements = stage.take();
  const bare = async () => {
    for (const statement of statements) await driver.query(statement);
  };
  const driver = new Client({ connectionString: stage.url });
  await driver.connect();
  await driver.query("set search_path = colloquy, public");
  const times: Record<"ask" | "bare", number[]> = { ask: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.ask.push(await timed(ask));
    times.bare.push(await timed(bare));
    await sleep(5);
  }
  await driver.end();
  const measurement = `search a ${name} word in ${threads.toLocaleString("en")} threads`;
  const [took, floor] = [median(times.ask), median(times.bare)];
  return [
    { measurement: `${measurement}, p50`, value: took, unit: "ms", goal: { most: LONGEST } },
    {
      measurement: `${measurement}, bare query's share`,
      value: floor / took,
      unit: "",
      goal: { least: LEAST },
    },
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Words as unevenly spread as in a language, in messages of some twelve of them. */
async function fill(stage: Stage): Promise<void> {
  const { db } = stage;
  await addPeople(stage, 2);
  await db.query(sql`insert into thread (type, title, seq)
    select 'chat', 'Thread ' || n, ${MESSAGES / THREADS} from generate_series(1, ${THREADS}::int) n`);
  for (const [user, threads] of Object.entries(PEOPLE))
    await db.query(sql`insert into member (thread_id, user_id, permissions, notifications)
      select id, ${Number(user)}::bigint, 19, 0 from thread order by id * 7919 % ${THREADS} limit ${threads}`);
  for (let from = 0; from < MESSAGES; from += CHUNK)
    await db.query(sql`insert into message (thread_id, seq, sender_id, type, text)
      select 1 + n % ${THREADS}::int, 1 + n / ${THREADS}::int, 1, 'message',
        (select string_agg('w' || floor(20000 * power(random(), 4))::text, ' ') from generate_series(1, 12 + n * 0))
          || case when n % 3 = 0 then ' often' else '' end
          || case when n % 20011 = 0 then ' needle' else '' end
      from generate_series(${from}::int, ${from + CHUNK - 1}::int) n`);
  await db.query(sql`analyze`);
}
