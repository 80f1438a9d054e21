import { execFile } from "node:child_process";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import sql from "sql-template-tag";
import type { SchemaDocument } from "../packages/engine/src/index.ts";
import type { Figure } from "./support/figure.ts";
import type { Served } from "./support/serve.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const RESPONSES = 100_000;
const AT_ONCE = 5_000;
const QUESTIONS = 60;
const FORMATS = ["csv", "json", "xlsx"];
const SETTLED = 2_000;
const EACH = 50;
/** Above idle, in MB. V8 lets about 200 MB of garbage gather before it looks, for 20,000 responses as for these. */
const MOST_MEMORY = 384;

/** How fast `colloquy serve` exports the responses to a long survey, and how much memory it takes to do so. */
export function surveyExport(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "survey_export", async (stage) => {
    const { id } = await stage.colloquy.schemas.load(document());
    await respond(stage, id);
    await stage.db.query(sql`insert into account (id, is_superuser) values (1, true)`);
    const token = await stage.tokenOf(1);
    const figures: Figure[] = [];
    for (const format of FORMATS) {
      // A server each: memory that one format took is not the next one's.
      const server = await stage.startServer();
      const path = `/api/admin/surveys/export?id=${id}&format=${format}`;
      figures.push(...(await measure(server, { path, token, format })));
      await server.stop();
    }
    const server = await stage.startServer();
    const started = performance.now();
    await download(server, { path: `/api/admin/surveys/aggregate?id=${id}`, token });
    const seconds = (performance.now() - started) / 1000;
    return [...figures, { measurement: `aggregate of ${sizes()}`, value: seconds, unit: "s" }];
  });
}

async function measure(
  server: Served,
  { format, ...request }: { path: string; token: string; format: string },
): Promise<Figure[]> {
  await sleep(SETTLED);
  const idle = await memory(server);
  let peak = idle;
  let isDone = false;
  const watched = (async () => {
    while (!isDone) {
      peak = Math.max(peak, await memory(server));
      await sleep(EACH);
    }
  })();
  const started = performance.now();
  const bytes = await download(server, request);
  const seconds = (performance.now() - started) / 1000;
  isDone = true;
  await watched;
  const name = `export ${format}, ${sizes()}`;
  return [
    { measurement: `${name}: rows`, value: RESPONSES / seconds, unit: "rows/s" },
    { measurement: `${name}: size`, value: bytes / 2 ** 20, unit: "MB" },
    {
      measurement: `${name}: peak memory above idle`,
      value: peak - idle,
      unit: "MB",
      goal: { most: MOST_MEMORY },
    },
  ];
}

function sizes(): string {
  return `${RESPONSES.toLocaleString("en")} responses to ${QUESTIONS} questions`;
}

/** Resident, in MB. */
async function memory({ pid }: Served): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) / 1024;
}

/** Reads an answer as fast as it comes, keeps nothing, and tells its length. */
async function download(
  { address }: Served,
  { path, token }: { path: string; token: string },
): Promise<number> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    get(`${address}${path}`, { headers: { authorization: `Bearer ${token}` } }, resolve).on("error", reject),
  );
  if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`);
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  return bytes;
}

const TYPES = ["choice", "multichoice", "int", "text", "choice", "range"] as const;
const OPTIONS = ["Not at all", "Several days", "More than half the days", "Nearly every day", "Always"];

function document(): SchemaDocument {
  const questions = Array.from({ length: QUESTIONS }, (_, index): SchemaDocument["questions"][number] => {
    const next_qid = index + 1 === QUESTIONS ? -1 : index + 2;
    const type = TYPES[index % TYPES.length]!;
    const common = { qid: index + 1, type, text: `How about ${index + 1}, over the last two weeks?` };
    if (type === "choice" || type === "multichoice")
      return { ...common, answers: OPTIONS.map((text) => ({ text, next_qid })) };
    return { ...common, next_qid, ...(type === "range" ? { range_from: 0, range_to: 100 } : {}) };
  });
  return { format: "colloquy.schema/1", name: "Long", type: "survey", language: "en", questions };
}

/** Stores responses as they stand, every question answered. */
async function respond({ db }: Stage, schema: number): Promise<void> {
  for (let from = 1; from <= RESPONSES; from += AT_ONCE) {
    await db.query(sql`insert into survey (schema_id, user_id, state, variables)
      select ${schema}, n, jsonb_build_object('completed', n % 10 > 0, 'visibility',
        (select jsonb_agg(qid order by position) from question where schema_id = ${schema})), '{"score": 7}'
      from generate_series(${from}::int, ${from + AT_ONCE - 1}::int) n`);
    await db.query(sql`insert into survey_item (survey_id, question_id, answers, text, written, value, active)
      select s.id, q.id, given.answers, given.text, '',
        case when q.type in ('int', 'range') then to_jsonb(given.text::float8) end, true
      from survey s cross join (select q.*, array(
          select a.id from answer a where a.question_id = q.id order by a.position) as options
        from question q where q.schema_id = ${schema}) q
      cross join lateral (select (s.id * 7919 + q.qid * 104729) % 9973 as n) random
      cross join lateral (select
        case q.type when 'choice' then array[q.options[1 + n % 5]]
          when 'multichoice' then array[q.options[1 + n % 5], q.options[1 + (n + 2) % 5]] else '{}' end as answers,
        case q.type when 'int' then (n % 100)::text when 'range' then (n % 1000 / 10.0)::text
          when 'text' then 'It is mostly in the evening, after a long day, ' || n || ' times or so' else '' end as text
        ) given
      where s.schema_id = ${schema} and s.user_id between ${from} and ${from + AT_ONCE - 1}`);
  }
  await db.query(sql`analyze`);
}
