import { beforeAll, describe, expect, test } from "vitest";
import type { Colloquy } from "../../packages/server/src/createColloquy.ts";
import { person } from "../support/people.ts";
import { startServer } from "../support/server.ts";

// Callers in JavaScript give anything to the service: what is wrong is refused by the rules of the API, and nothing is
// written.

const ANN = person(2);
const LONG = "x".repeat(2_000_000);

let colloquy: Colloquy;
let thread: number;
let survey: number;

beforeAll(async () => {
  ({ colloquy } = await startServer());
  thread = (await colloquy.threads.create({ creator: ANN })).id;
  const schema = await colloquy.schemas.load({
    format: "colloquy.schema/1",
    name: "one",
    type: "survey",
    questions: [{ qid: 1, type: "text", text: "?", next_qid: -1 }],
  });
  survey = (await colloquy.surveys.create({ user: ANN, schema: schema.id })).id;
});

type Call = (service: Colloquy) => Promise<unknown>;
// Whatever a caller in JavaScript may give.
// biome-ignore lint/suspicious/noExplicitAny: see above
const any = (value: unknown): any => value;

const REFUSED: Record<string, [string[], Call]> = {
  "a thread in no state": [["state"], (c) => c.threads.create({ creator: ANN, state: any("asleep") })],
  "a thread of an object as title": [["title"], (c) => c.threads.create({ creator: ANN, title: any({}) })],
  "a long title": [["title"], (c) => c.threads.create({ creator: ANN, title: "x".repeat(256) })],
  "rights beyond all": [["permissions"], (c) => c.threads.create({ creator: ANN, permissions: 9_999 })],
  "members that are no list": [["members"], (c) => c.threads.create({ creator: ANN, members: any("x") })],
  "a member without an id": [["members"], (c) => c.threads.create({ creator: ANN, members: any([{}]) })],
  "everybody in no state": [["state"], (c) => c.threads.edit(thread, { state: any("x") })],
  "a member of negative rights": [["permissions"], (c) => c.members.edit(thread, ANN, { permissions: -1 })],
  "a member of a long language": [["language"], (c) => c.members.edit(thread, ANN, { language: LONG })],
  "a list as text": [["text"], (c) => c.messages.post(thread, ANN, { text: any([]) })],
  "a text of a null character": [["text"], (c) => c.messages.post(thread, ANN, { text: "a\0b" })],
  "a word as options": [["answers"], (c) => c.messages.post(thread, ANN, { answers: any("x") })],
  "a client_id that is none": [["client_id"], (c) => c.messages.post(thread, ANN, { client_id: "x" })],
  "a very long text in nobody's name": [["text"], (c) => c.messages.automate(thread, { text: LONG })],
  "no text in nobody's name": [["text"], (c) => c.messages.automate(thread, any({}))],
  "a long type": [["type"], (c) => c.messages.automate(thread, { text: "x", type: "x".repeat(51) })],
  "a search for nothing": [["q"], (c) => c.messages.search(ANN, any(undefined))],
  "a long search": [["q"], (c) => c.messages.search(ANN, "x".repeat(501))],
  "answers that are no list": [["items"], (c) => c.surveys.answer(survey, any("x"))],
  "an answer of a wrong question": [
    ["related_question"],
    (c) => c.surveys.verify(survey, any({ related_question: "x" })),
  ],
  "an account without a name": [["first_name"], (c) => c.accounts.add(any({ id: "new" }))],
};

const MISTAKEN: Record<string, Call> = {
  "a thread by a word": (c) => c.threads.get(any("one"), ANN),
  "a thread by what is no number": (c) => c.messages.list(Number.NaN, ANN),
  "a message by a word": (c) => c.messages.get(thread, any("one"), ANN),
  "a survey by a fraction": (c) => c.surveys.get(1.5),
  "a schema by nothing": (c) => c.schemas.get(any(undefined)),
  nobody: (c) => c.threads.create({ creator: any(undefined) }),
  "an option that does not exist": (c) => c.threads.list(ANN, { titel: "x" }),
};

describe("the service refuses", () => {
  test.each(Object.entries(REFUSED))("%s", async (_name, [fields, call]) => {
    const before = await counts();
    const error = await call(colloquy).then(
      () => null,
      (thrown) => thrown,
    );
    const body = error?.body ?? error;
    const problems = Array.isArray(body?.items) ? { items: body.items } : body;
    expect([error?.status, Object.keys(problems ?? {})]).toEqual([400, fields]);
    expect(await counts()).toEqual(before);
  });

  test.each(Object.entries(MISTAKEN))("%s as a mistake of the program", async (_name, call) => {
    const before = await counts();
    await expect(call(colloquy)).rejects.toThrow(TypeError);
    expect(await counts()).toEqual(before);
  });
});

async function counts(): Promise<unknown> {
  return colloquy.db.query(
    {
      name: "test_counts",
      text: `select (select count(*)::int8 from thread) as threads, (select count(*)::int8 from message) as messages,
        (select count(*)::int8 from survey_item) as items, (select count(*)::int8 from account) as accounts,
        (select string_agg(state || permissions || coalesce(language, ''), ',' order by thread_id, user_id) from member) as members`,
    },
    [],
  );
}
