import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { chosenBy, type Document, type Play, transcript, writtenBy } from "./transcript.ts";

// The questionnaires of examples/schemas filled in as forms: the same cases as in the chats, the same outcome.

interface Case {
  name: string;
  answers?: Record<string, string>;
  play?: Play[];
  score?: number;
}

interface Question {
  id: number;
  qid: number;
  type: string;
  text: string;
  answers: { id: number; text: string }[];
}

const PATIENT = 3;
const FILES = ["phq-9", "gad-7", "health-intake"] as const;
const EXAMPLES = new URL("../../examples/schemas/", import.meta.url);
const read = async (path: string) => JSON.parse(await readFile(new URL(path, EXAMPLES), "utf8"));
const cases = await Promise.all(
  FILES.map(async (file) => ({
    file,
    document: (await read(`${file}.json`)) as Document,
    cases: ((await read(`expected/${file}.json`)) as { cases: Case[] }).cases,
  })),
);

let server: TestServer;
const schemas = new Map<string, { id: number; questions: Map<number, Question> }>();

beforeAll(async () => {
  server = await startServer();
  for (const { file, document } of cases) {
    const { body } = await server.as(1).post("/admin/schemas/import?publish=true", document);
    const all: Question[] = [
      ...body.questions,
      ...body.groups.flatMap(({ questions }: { questions: Question[] }) => questions),
    ];
    schemas.set(file, { id: body.id, questions: new Map(all.map((one) => [one.qid, one])) });
  }
});

for (const { file, document, cases: expected } of cases) {
  describe(`${file} as a form`, () => {
    test.each(expected.map((one, index) => [one.name, one, index] as const))(
      "%s",
      async (_name, one, index) => {
        const plays = one.play ?? answersOf(one.answers!);
        // Forwards, backwards and all at once take turns: a form may be filled in in any order.
        await fill(file, document, one, plays, (["forwards", "backwards", "at once"] as const)[index % 3]!);
      },
    );
  });
}

const answersOf = (answers: Record<string, string>): Play[] =>
  Object.entries(answers).map(([qid, answer]) => ({ qid: Number(qid), answer }));

async function fill(
  file: string,
  document: Document,
  one: Case,
  plays: readonly Play[],
  way: "forwards" | "backwards" | "at once",
) {
  const { id, questions } = schemas.get(file)!;
  const patient = server.as(PATIENT);
  const { body: survey } = await patient.post(`/accounts/${PATIENT}/surveys`, { schema: id });
  const entries = plays.map(({ qid, answer }) => {
    const question = questions.get(qid)!;
    const chosen = chosenBy(answer).map(
      (text) => question.answers.find((option) => option.text === text)!.id,
    );
    const [text = ""] = writtenBy(answer);
    return { related_question: question.id, answers: chosen, text };
  });
  if (way === "at once") expect((await patient.put(`/surveys/${survey.id}/items`, entries)).status).toBe(200);
  else
    for (const entry of way === "forwards" ? entries : entries.reverse())
      expect((await patient.post(`/surveys/${survey.id}/items`, entry)).status).toBe(201);

  const said = transcript(document, plays, false);
  const shown = said
    .flatMap(({ lines }) => lines.filter(({ by }) => by === "automation"))
    .map(({ text }) => text);
  const { body } = await patient.get(`/surveys/${survey.id}?fields=state,variables_pool`);
  const visible = body.state.visibility.map((qid: number) => questions.get(qid)!.text);
  expect(body.state.completed).toBe(true);
  expect(visible.toSorted()).toEqual(shown.toSorted());
  expect(body.variables_pool).toEqual(said.at(-1)!.variables);
  if (one.score !== undefined) expect(body.variables_pool.score).toBe(one.score);
  const items = await patient.get(`/surveys/${survey.id}/items`);
  expect(items.body.every(({ active }: { active: boolean }) => active)).toBe(true);
}
