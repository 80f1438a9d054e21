import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../packages/server/src/database/database.ts";
import { databaseKind, freshDatabase, freshPostgres } from "../support/database.ts";
import { holdAnswers } from "../support/heldAnswers.ts";
import { runs } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Flow, option, publish, question } from "./flows.ts";

// Spec 2.3, "naming what one answers": one question gets one answer, however many are sent, to whichever node. Answers
// that name nothing, and are in flight at the same time on one node, are in together.test.ts.

const PATIENT = 2;
const DOCTOR = 3;
const NODES = 3;
const POSTGRES = databaseKind === "postgres";
/** Bursts of two, and of twenty. The embedded database has one connection: there, fewer say as much. */
const [PAIRS, CROWDS] = POSTGRES ? [runs(120, 490), 10] : [runs(15, 45), 5];

let nodes: TestServer[];
let loop: Flow;
let pair: Flow;

beforeAll(async () => {
  const url = POSTGRES ? await freshPostgres() : null;
  const shared: Database | null = url === null ? await freshDatabase() : null;
  nodes = [];
  for (let node = 0; node < NODES; node++)
    nodes.push(await startServer({}, { database: shared ?? (await openDatabase(url!)) }));
  loop = await publish(nodes[0]!, "answered over and over", [{ qid: 1, type: "text", next_qid: 1 }]);
  pair = await publish(nodes[0]!, "answered in turns", [
    { qid: 1, type: "text", next_qid: 2 },
    { qid: 2, type: "text", next_qid: 1 },
  ]);
});

interface Answer {
  status: number;
  body: {
    id: number;
    text: string;
    related_question: number | null;
    thread_data: { question: number; related_message: number };
    non_field_errors?: string[];
  };
}

/** The patient's answer. What comes back is not compared with the document: there are thousands. */
async function send(node: TestServer, thread: number, body: object): Promise<Answer> {
  const response = await fetch(`${node.url}/api/threads/${thread}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-user-id": String(PATIENT) },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

/** A thread in which the patient is led through a schema. */
async function led(flow: Flow, state = "scripted", server = nodes[0]!): Promise<number> {
  const thread = { creator: PATIENT, state: state as "scripted", schema: flow.id };
  return (await server.colloquy.threads.create(thread)).id;
}

const view = async (thread: number, server = nodes[0]!) =>
  (await server.as(PATIENT).get(`/threads/${thread}`)).body;

interface Stored {
  id: number;
  related_question: number | null;
  predecessor: number | null;
  text: string;
  run_role: string | null;
}

const stored = (thread: number, server = nodes[0]!) =>
  server.colloquy.db.query<Stored>(
    {
      name: "test_stored",
      text: "select id, related_question, predecessor, text, run_role from message where thread_id = $1 order by seq",
    },
    [thread],
  );

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const sizes = [...times(PAIRS).map(() => 2), ...times(CROWDS).map(() => 20)];

function expectOneStored(turn: number, answers: readonly Answer[]): Answer {
  const statuses = answers.map(({ status }) => status).sort();
  expect([turn, ...statuses]).toEqual([turn, 201, ...times(answers.length - 1).map(() => 400)]);
  for (const { status, body } of answers)
    if (status === 400) expect([turn, body]).toEqual([turn, { non_field_errors: ["ALREADY_ANSWERED"] }]);
  return answers.find(({ status }) => status === 201)!;
}

describe(`${sizes.length} bursts of answers on ${NODES} nodes`, () => {
  test("that name their question: one of each is stored", { timeout: 120_000 }, async () => {
    const thread = await led(pair);
    let asked = (await view(thread)).question;
    for (const [turn, size] of sizes.entries()) {
      const answers = await Promise.all(
        times(size).map((n) =>
          send(nodes[(turn + n) % NODES]!, thread, { text: `${turn} by ${n}`, question: asked }),
        ),
      );
      const { body } = expectOneStored(turn, answers);
      expect(body.related_question).toBe(asked);
      asked = body.thread_data.question;
    }
    const roles = (await stored(thread)).map(({ run_role }) => run_role);
    expect(roles).toEqual(["question", ...sizes.flatMap(() => ["answer", "question"])]);
  });

  test("that name the message in a loop to the same question: one of each is stored", {
    timeout: 120_000,
  }, async () => {
    const thread = await led(loop);
    let asked = (await view(thread)).related_message;
    for (const [turn, size] of sizes.entries()) {
      const answers = await Promise.all(
        times(size).map((n) =>
          send(nodes[(turn + n) % NODES]!, thread, { text: `${turn} by ${n}`, related_message: asked }),
        ),
      );
      asked = expectOneStored(turn, answers).body.thread_data.related_message;
    }
    expect(await stored(thread)).toHaveLength(1 + 2 * sizes.length);
  });
});

describe("an answer that names nothing", () => {
  test("is refused where the other is stored already, but its process does not know yet", async () => {
    const database = holdAnswers(await freshDatabase());
    const server = await startServer({}, { database });
    const flow = await publish(server, "held", [{ qid: 1, type: "text", next_qid: 1 }]);
    const thread = await led(flow, "scripted", server);
    const answer = (text: string) => send(server, thread, { text });
    for (const turn of times(5)) {
      const held = database.hold(/^thread_change_/);
      const first = answer(`first ${turn}`);
      await held.reached;
      const views = database.hold("thread_views");
      const second = answer(`second ${turn}`);
      await views.reached;
      views.release();
      // The second goes as far as it can without knowing of the first.
      await setTimeout(30);
      held.release();
      expect([(await first).status, (await second).status]).toEqual([201, 400]);
    }
  });
});

describe("a front-end controlled answer to the same question", () => {
  test("is refused on another node, where the first came between its view and its commit", async () => {
    const url = POSTGRES ? await freshPostgres() : null;
    const plain = url === null ? await freshDatabase() : await openDatabase(url);
    const slow = holdAnswers(url === null ? plain : await openDatabase(url));
    const [one, other] = [
      await startServer({}, { database: plain }),
      await startServer({}, { database: slow }),
    ];
    const flow = await publish(one, "controlled", [
      { qid: 1, type: "text", next_qid: 1 },
      { qid: 2, type: "control", next_qid: 1 },
      { qid: 3, type: "text", next_qid: 2 },
    ]);
    for (const [qid, text, status] of [
      [1, "Answered", 201],
      [2, "", 204],
    ] as const) {
      const thread = await led(flow, "scripted_fe_controlled", one);
      // To the control, so that it can be seen to have been left.
      if (qid === 2) await send(one, thread, { text: "x", question: question(flow, 3) });
      const answer = { text, question: question(flow, qid) };
      const held = slow.hold("thread_views");
      const late = send(other, thread, answer);
      await held.reached;
      const first = await send(one, thread, answer);
      held.release();
      expect(first.status).toBe(status);
      expect(await late).toEqual({ status: 400, body: { non_field_errors: ["ALREADY_ANSWERED"] } });
      const roles = (await stored(thread, one)).map(({ run_role }) => run_role);
      expect(roles).toEqual(["question", "answer"]);
      // To answer it again is another matter.
      expect((await send(other, thread, answer)).status).toBe(status);
    }
  });
});

describe("naming what one answers", () => {
  let flow: Flow;
  let foreign: Flow;
  beforeAll(async () => {
    flow = await publish(nodes[0]!, "named", [
      { qid: 1, type: "text", next_qid: 2 },
      { qid: 2, type: "choice", answers: [{ text: "Yes", next_qid: 3 }] },
      { qid: 3, type: "text", next_qid: -1 },
    ]);
    foreign = await publish(nodes[0]!, "foreign", [{ qid: 1, type: "text", next_qid: -1 }]);
  });
  const post = (thread: number, body: object) =>
    nodes[0]!.as(PATIENT).post(`/threads/${thread}/messages`, body);

  test("a late second tap answers nothing", async () => {
    const thread = await led(flow);
    const { question: asked, related_message } = await view(thread);
    const tap = { text: "Tapped", question: asked, related_message };
    const first = await post(thread, tap);
    expect([first.status, first.body.thread_data.question]).toEqual([201, question(flow, 2)]);
    for (const late of [tap, { text: "Tapped", question: asked }, { text: "Tapped", related_message }])
      for (const node of nodes)
        expect(await node.as(PATIENT).post(`/threads/${thread}/messages`, late)).toMatchObject({
          status: 400,
          body: { non_field_errors: ["ALREADY_ANSWERED"] },
        });
    expect(await view(thread)).toMatchObject(first.body.thread_data);
  });

  test("what is named must be there, and be the member's; all that is wrong is told at once", async () => {
    const thread = await led(flow);
    const unknown = 999_999_999;
    const cases: [object, object][] = [
      [{ text: "x", question: question(foreign, 1) }, { question: ["QUESTION_FROM_WRONG_SCHEMA"] }],
      [{ text: "x", question: unknown }, { question: [`Invalid pk "${unknown}" - object does not exist.`] }],
      [{ text: "x", question: question(flow, 2) }, { non_field_errors: ["ALREADY_ANSWERED"] }],
      [{ text: "x", related_message: unknown }, { non_field_errors: ["ALREADY_ANSWERED"] }],
      [
        { text: "x", related_message: unknown, question: question(foreign, 1), answers: [unknown] },
        {
          non_field_errors: ["ALREADY_ANSWERED"],
          question: ["QUESTION_FROM_WRONG_SCHEMA"],
          answers: [`Invalid pk "${unknown}" - object does not exist.`],
        },
      ],
    ];
    for (const [body, errors] of cases) {
      const answer = await post(thread, body);
      expect([body, answer.status, answer.body]).toEqual([body, 400, errors]);
    }
    expect(await stored(thread)).toHaveLength(1);
  });

  test("where the front end controls the run, any question may be named, and no message that is not the current one", async () => {
    const thread = await led(flow, "scripted_fe_controlled");
    const answered = await post(thread, { text: "x", question: question(flow, 3) });
    expect(answered.status).toBe(201);
    const again = await led(flow, "scripted_fe_controlled");
    const body = { text: "x", question: question(flow, 3), related_message: answered.body.id };
    expect(await post(again, body)).toMatchObject({
      status: 400,
      body: { non_field_errors: ["ALREADY_ANSWERED"] },
    });
  });

  test.each(["open", "assisted"])(
    "in %s there is nothing to answer, and nothing is stored",
    async (state) => {
      const { id: thread } = await nodes[0]!.colloquy.threads.create({ creator: PATIENT });
      await nodes[0]!.colloquy.members.edit(thread, PATIENT, {
        state: state as "open",
        schema: state === "open" ? null : flow.id,
      });
      await view(thread);
      const cases: [object, object][] = [
        [{ text: "x", question: question(flow, 1) }, { question: ["QUESTION_FROM_WRONG_SCHEMA"] }],
        [{ text: "x", related_message: 1 }, { non_field_errors: ["ALREADY_ANSWERED"] }],
        [
          {
            question: question(flow, 1),
            related_message: 1,
            answers: [option(flow, 2, "Yes")],
            break_state: true,
          },
          {
            question: ["QUESTION_FROM_WRONG_SCHEMA"],
            non_field_errors: ["ALREADY_ANSWERED"],
            answers: ["WRONG_STATE"],
            break_state: ["NO_PERMISSIONS"],
          },
        ],
      ];
      for (const [body, errors] of cases) {
        const answer = await post(thread, body);
        expect([body, answer.status, answer.body]).toEqual([body, 400, errors]);
      }
      expect(await stored(thread)).toEqual([]);
    },
  );
});

describe("a control that is confirmed with a client_id", () => {
  let flow: Flow;
  beforeAll(async () => {
    flow = await publish(nodes[0]!, "controls", [
      { qid: 1, type: "control", next_qid: 2, variable_modifications: [["shown", "shown + 1"]] },
      { qid: 2, type: "control", next_qid: 1, variable_modifications: [["shown", "shown + 1"]] },
    ]);
  });
  const asked = async (thread: number) => (await view(thread)).question;

  for (const state of ["scripted", "scripted_fe_controlled"]) {
    test(`is confirmed once by several at once, on ${NODES} nodes, in ${state}`, async () => {
      const thread = await led(flow, state);
      for (const turn of times(POSTGRES ? 30 : 10)) {
        const before = await asked(thread);
        const draft = { client_id: randomUUID(), ...(state === "scripted" ? {} : { question: before }) };
        const all = await Promise.all(times(6).map((n) => send(nodes[n % NODES]!, thread, draft)));
        expect([turn, ...all.map(({ status }) => status)]).toEqual([turn, ...times(6).map(() => 204)]);
        expect(await asked(thread)).toBe(question(flow, before === question(flow, 1) ? 2 : 1));
      }
    });

    test(`is not confirmed again later, whatever waits by then, in ${state}`, async () => {
      const thread = await led(flow, state);
      const draft = {
        client_id: randomUUID(),
        ...(state === "scripted" ? {} : { question: question(flow, 1) }),
      };
      for (const node of [nodes[0]!, nodes[1]!, nodes[0]!]) {
        expect((await send(node, thread, draft)).status).toBe(204);
        expect(await asked(thread)).toBe(question(flow, 2));
      }
      const other = { ...draft, client_id: randomUUID() };
      await send(nodes[1]!, thread, state === "scripted" ? other : { ...other, question: question(flow, 2) });
      expect(await asked(thread)).toBe(question(flow, 1));
      expect((await send(nodes[0]!, thread, draft)).status).toBe(204);
      expect(await asked(thread)).toBe(question(flow, 1));
    });
  }

  test("is not taken for an answer that follows, nor for a message after the run; nor is an answer taken for it", async () => {
    const mixed = await publish(nodes[0]!, "control and text", [
      { qid: 1, type: "control", next_qid: 2 },
      { qid: 2, type: "text", next_qid: 3 },
      { qid: 3, type: "control", next_qid: -1 },
    ]);
    const thread = await led(mixed);
    const said = (n: string) => ({ text: `I say ${n}`, client_id: randomUUID() });
    const [first, second, third] = [said("one"), said("two"), said("three")];
    expect((await send(nodes[0]!, thread, first)).status).toBe(204);
    expect((await send(nodes[1]!, thread, first)).status).toBe(204);
    expect(await asked(thread)).toBe(question(mixed, 2));
    const answered = await send(nodes[0]!, thread, second);
    expect(answered.status).toBe(201);
    // The same again while the next one waits for any confirmation at all.
    const again = await send(nodes[1]!, thread, second);
    expect([again.status, again.body.id]).toEqual([200, answered.body.id]);
    expect(await asked(thread)).toBe(question(mixed, 3));
    expect((await send(nodes[0]!, thread, third)).status).toBe(204);
    expect((await view(thread)).state).toBe("open");
    for (const node of nodes) expect((await send(node, thread, third)).status).toBe(204);
    expect((await stored(thread)).map(({ text }) => text)).toEqual([
      "Question 1",
      "Question 2",
      "I say two",
      "Question 3",
    ]);
    // Its author's id, not everybody's.
    await nodes[0]!.colloquy.members.add(thread, DOCTOR);
    const { status } = await nodes[0]!.as(DOCTOR).post(`/threads/${thread}/messages`, third);
    expect(status).toBe(201);
  });
});
