import { createContext, runInContext } from "node:vm";
import { type AnswerInput, compileSchema, dump, Form, type Schema } from "@colloquy/engine";
import { playable } from "@colloquy/protocol";
import fc from "fast-check";
import { build } from "vite";
import { beforeAll, expect, test } from "vitest";
import { inputFor } from "../../packages/engine/src/testing/arbitraryInput.ts";
import { arbitrarySchema } from "../../packages/engine/src/testing/arbitrarySchema.ts";
import { runs } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

// A front end that has the schema and the engine knows what the server will say, at every step.

const PATIENT = 2;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

interface Told {
  state: unknown;
  variables_pool: unknown;
}

interface Step {
  place: number;
  pick: number;
  verb: "answer" | "clear";
}

/** Answers and takes back as the steps say, over HTTP and in a form of one's own; both must agree after each. */
async function fill(schema: Schema, steps: readonly Step[]): Promise<void> {
  const patient = server.as(PATIENT);
  const { id } = await server.colloquy.schemas.load({ ...dump(schema), name: `parity ${count++}` });
  const { body: wire } = await patient.get(`/schemas/${id}`);
  const compiled = compileSchema(playable(wire));
  const { questions } = compiled.schema;
  const form = new Form(compiled);
  const { body: survey } = await patient.post(`/accounts/${PATIENT}/surveys`, { schema: id });
  const items = new Map<number, number>();
  expect(survey.state).toEqual(form.state);

  for (const { place, pick, verb } of steps) {
    const question = questions[place % questions.length]!;
    if (question.type === "fork") continue;
    const path = `/surveys/${survey.id}/items`;
    const item = items.get(question.id);
    if (verb === "clear") {
      if (item === undefined) continue;
      expect((await patient.delete(`${path}/${item}`)).status).toBe(204);
      items.delete(question.id);
      form.clear(question.id);
    } else {
      const input = inputFor(question, pick);
      const { kind } = compiled.byId.get(question.id)!;
      const verdict = kind.accept(question, input, RULES);
      const sent = { ...input, related_question: question.id };
      const answer =
        item === undefined ? await patient.post(path, sent) : await patient.put(`${path}/${item}`, sent);
      if ("errors" in verdict) {
        expect(answer.status).toBe(400);
        expect(withoutUnknown(answer.body, input)).toEqual(withoutUnknown(verdict.errors, input));
        continue;
      }
      // Of a choice the wording of its options is stored before what was written, and only that is shown.
      const { answers, text } = verdict.accepted;
      const wording = answers.map((option) => option.text).join(", ");
      const written = text.slice(wording.length).replace(/^, /, "");
      expect(answer.body).toMatchObject({ text: answers.length > 0 ? written : text });
      items.set(question.id, answer.body.id);
      form.answer(
        question.id,
        verdict.accepted.answers.map((option) => option.id),
      );
      expect(answer.body.survey_data.state).toEqual(form.state);
      expect(answer.body.active).toBe(form.isActive(question.id));
    }
    const { body } = await patient.get(`/surveys/${survey.id}?fields=state,variables_pool`);
    expect(body as Told).toEqual({ state: form.state, variables_pool: form.variables });
  }
}

const RULES = { textLength: 10_000, dateFormats: ["MM/dd/yyyy", "h:mm a"] };
let count = 0;

/** Ids that are no options at all are told as such before anything else is said of the options. */
function withoutUnknown(errors: object, input: AnswerInput): object {
  return input.answers?.includes(-1) ? { ...errors, answers: "unknown" } : errors;
}

test("a form in the front end says what the server says, after every step", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean().chain((divergent) => arbitrarySchema({ divergent, size: 10 })),
      fc.array(
        fc.record({
          place: fc.nat(),
          pick: fc.nat(),
          verb: fc.constantFrom("answer" as const, "answer" as const, "answer" as const, "clear" as const),
        }),
        { minLength: 1, maxLength: 20 },
      ),
      fill,
    ),
    { numRuns: runs(15, 60) },
  );
});

test("the engine runs where there is nothing of Node, only what browsers have", async () => {
  const code = await bundled();
  const sandbox = createContext({ TextEncoder, TextDecoder });
  runInContext(code, sandbox);
  const { compileSchema: compileThere, Form: FormThere } = runInContext("engine", sandbox);
  fc.assert(
    fc.property(arbitrarySchema({ size: 20 }), fc.array(fc.tuple(fc.nat(), fc.nat())), (schema, answers) => {
      const [here, there] = [new Form(compileSchema(schema)), new FormThere(compileThere(schema))];
      for (const [place, pick] of answers) {
        const question = schema.questions[place % schema.questions.length]!;
        const chosen = question.answers.filter((_, index) => (pick >> index) % 2 === 1).map(({ id }) => id);
        for (const form of [here, there]) form.answer(question.id, chosen);
        expect(JSON.parse(JSON.stringify([there.state, there.variables]))).toEqual([
          here.state,
          here.variables,
        ]);
      }
    }),
    { numRuns: runs(50, 300) },
  );
});

/** The engine as one script that needs no module loader, as a page would get it. */
async function bundled(): Promise<string> {
  const entry = new URL("../../packages/engine/src/index.ts", import.meta.url).pathname;
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "engine" } },
  });
  const { output } = [built].flat()[0] as { output: { type: string; code?: string }[] };
  return output.find(({ type }) => type === "chunk")!.code!;
}
