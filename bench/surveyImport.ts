import { readFile } from "node:fs/promises";
import sql from "sql-template-tag";
import { Pool } from "undici";
import { compileSchema, Form, type Schema } from "../packages/engine/src/index.ts";
import { rightFor } from "../packages/engine/src/testing/arbitraryInput.ts";
import { playable } from "../packages/protocol/src/index.ts";
import type { Figure } from "./support/figure.ts";
import { addPeople } from "./support/rooms.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const RESPONSES = 10_000;
/** Filled in differently; the others repeat them. */
const KINDS = 200;
const CONNECTIONS = 10;
const INTAKE = new URL("../examples/schemas/health-intake.json", import.meta.url);

interface Entry {
  related_question: number;
  answers: readonly number[];
  text: string;
}

/** Responses to the long intake form, begun and filled in through the API: two requests each. */
export function surveyImport(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "survey_import", async (stage) => {
    await addPeople(stage, 1);
    const { colloquy, db } = stage;
    const schema = playable(await colloquy.schemas.load(JSON.parse(await readFile(INTAKE, "utf8"))));
    const kinds = Array.from({ length: KINDS }, (_, kind) => fill(schema, kind));
    const { address } = await stage.startServer();
    const started = performance.now();
    const answers = await send(stage, address, schema.id, kinds);
    const seconds = (performance.now() - started) / 1000;
    const [stored] = await db.query<{ complete: number; items: number }>(sql`
      select (select count(*) from survey where (state ->> 'completed')::boolean)::int as complete,
        (select count(*) from survey_item where active)::int as items`);
    if (stored!.complete !== RESPONSES || stored!.items !== answers)
      throw new Error(
        `Of ${RESPONSES} responses with ${answers} answers only ${JSON.stringify(stored)} came`,
      );
    const size = RESPONSES.toLocaleString("en");
    return [
      { measurement: `import ${size} responses: responses`, value: RESPONSES / seconds, unit: "/s" },
      { measurement: `import ${size} responses: answers`, value: answers / seconds, unit: "/s" },
    ];
  });
}

/** Answers what is visible until nothing visible is left unanswered. */
function fill(schema: Schema, kind: number): Entry[] {
  const form = new Form(compileSchema(schema));
  const entries: Entry[] = [];
  const open = () =>
    schema.questions.find(
      ({ id, type }) =>
        type !== "message" && form.isActive(id) && !entries.some((entry) => entry.related_question === id),
    );
  for (let question = open(), turn = 0; question !== undefined; question = open(), turn++) {
    const { answers = [], text = "" } = rightFor(question, kind * 7 + turn * 3);
    entries.push({ related_question: question.id, answers: answers ?? [], text: text ?? "" });
    form.answer(question.id, answers ?? []);
  }
  return entries;
}

/** Answers how many answers were sent. */
async function send(
  stage: Stage,
  address: string,
  schema: number,
  kinds: readonly Entry[][],
): Promise<number> {
  const pool = new Pool(address, { connections: CONNECTIONS });
  const headers = { authorization: `Bearer ${await stage.tokenOf(1)}`, "content-type": "application/json" };
  const ask = async (method: "POST" | "PUT", path: string, body: unknown): Promise<{ id: number }> => {
    const answer = await pool.request({ method, path: `/api${path}`, headers, body: JSON.stringify(body) });
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${await answer.body.text()}`);
    return (await answer.body.json()) as { id: number };
  };
  let next = 0;
  let sent = 0;
  const work = async () => {
    for (let response = next++; response < RESPONSES; response = next++) {
      const entries = kinds[response % kinds.length]!;
      const { id } = await ask("POST", "/accounts/1/surveys", { schema });
      // What comes back would be the whole form: this much of it will do.
      await ask("PUT", `/surveys/${id}/items?fields=id`, entries);
      sent += entries.length;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  await pool.close();
  return sent;
}
