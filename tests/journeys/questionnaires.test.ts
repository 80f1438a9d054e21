import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { databaseKind } from "../support/database.ts";
import { runs } from "../support/runs.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";
import type { Frame, TestSocket } from "../support/socket.ts";
import {
  chosenBy,
  type Document,
  type Given,
  type Line,
  type Play,
  transcript,
  writtenBy,
} from "./transcript.ts";

interface Case {
  name: string;
  answers?: Record<string, string>;
  play?: Play[];
  score?: number;
  item9?: number;
  variables?: Record<string, number>;
  ends_with: string[];
  /** What is said right after the answer to a question, before the next one. */
  follows?: Record<string, string[]>;
}

interface Question {
  id: number;
  qid: number;
  answers: { id: number; text: string }[];
}

const FILES = ["phq-9", "gad-7", "telehealth-onboarding", "daily-tracker", "health-intake"] as const;
const MODES = ["scripted", "scripted_fe_controlled"] as const;
const EXAMPLES = new URL("../../examples/schemas/", import.meta.url);
const read = async (path: string) => JSON.parse(await readFile(new URL(path, EXAMPLES), "utf8"));

const DOCTOR = 2;
const PATIENT = 3;
/** In `npm test` every other case is played on PostgreSQL, and every eighth on the embedded database. */
const EACH = databaseKind === "postgres" ? runs(2, 1) : runs(8, 1);
/** More messages than any run here leaves. */
const ALL = 500;
const cases = await Promise.all(
  FILES.map(async (file) => {
    const expected = (await read(`expected/${file}.json`)) as { cases: Case[] };
    return { file, document: (await read(`${file}.json`)) as Document, cases: expected.cases };
  }),
);

let server: TestServer;
/** By the name of its file: the schema's id, and its questions by qid. */
const schemas = new Map<string, { id: number; questions: Map<number, Question> }>();

beforeAll(async () => {
  server = await startServer({ threads: { creatorPermissions: 8191 }, pagination: { maximum: ALL } });
  for (const { file, document } of cases) {
    const { status, body } = await server.as(1).post("/admin/schemas/import?publish=true", document);
    expect(status).toBe(201);
    const all = [
      ...body.questions,
      ...body.groups.flatMap((group: { questions: Question[] }) => group.questions),
    ];
    schemas.set(file, { id: body.id, questions: new Map(all.map((question) => [question.qid, question])) });
  }
});

for (const { file, document, cases: all } of cases) {
  for (const [turn, mode] of MODES.entries()) {
    // The long intake is one case a mode: questionnaireForms.test.ts fills in all of them.
    const chosen = file === "health-intake" ? all.slice(turn, turn + 1) : all;
    const expected = chosen.filter((_, index) => index % EACH === 0);
    describe(`${file} in ${mode}`, () => {
      test.each(expected.map((one, index) => [one.name, one, index] as const))(
        "%s",
        async (_name, one, index) => {
          // Both endings and both ways to learn of the next question take turns.
          const on_finish = index % 2 === 0 ? "open" : "close";
          const overSocket = (index >> 1) % 2 === 0;
          const plays = one.play ?? playsOf(one.answers!, document);
          await play(new Conversation(file, document, mode, on_finish), one, plays, overSocket);
        },
      );
    });
  }
}

/** Questionnaires ask each question once, in the order of the document. */
function playsOf(answers: Record<string, string>, document: Document): Play[] {
  return document.questions
    .filter(({ qid }) => String(qid) in answers)
    .map(({ qid }) => ({ qid, answer: answers[String(qid)]! }));
}

async function play(
  conversation: Conversation,
  one: Case,
  plays: Play[],
  overSocket: boolean,
): Promise<void> {
  const { mode, on_finish, document } = conversation;
  const said = transcript(document, plays, mode === "scripted_fe_controlled");
  await conversation.begin();
  await conversation.holds(said[0]!.lines, said[0]!.waits, said[0]!.variables);
  const halfway = Math.floor(plays.length / 2);
  for (const [step, { qid, answer }] of plays.entries()) {
    const asked = overSocket ? await conversation.askedOverSocket(qid) : conversation.askedOverHttp(qid);
    await conversation.answer(asked, answer);
    const { lines, waits, variables } = said[step + 1]!;
    await conversation.holds(lines, waits, variables);
    const last = conversation.lines.slice(-4).map(({ text }) => text);
    for (const text of one.follows?.[qid] ?? []) expect(last).toContain(text);
    if (step === halfway) await conversation.doctorReads();
  }
  expect(conversation.lines.slice(-one.ends_with.length).map(({ text }) => text)).toEqual(one.ends_with);
  await conversation.ended(one, on_finish);
}

/** A doctor with an open socket, a patient who is led through a schema, and what was said so far. */
class Conversation {
  readonly lines: Line[] = [];
  readonly file: string;
  readonly document: Document;
  readonly mode: (typeof MODES)[number];
  readonly on_finish: "open" | "close";
  readonly #schema: { id: number; questions: Map<number, Question> };
  readonly #patient = server.as(PATIENT);
  readonly #doctor = server.as(DOCTOR);
  #thread = 0;
  #doctorSocket!: TestSocket;
  #patientSocket!: TestSocket;
  /** The patient's thread as of the last step. */
  // biome-ignore lint/suspicious/noExplicitAny: as an answer's body
  #view: any;
  /** How many messages the doctor has not read. */
  #unread = 0;
  #pushes: Frame[] = [];

  constructor(file: string, document: Document, mode: (typeof MODES)[number], on_finish: "open" | "close") {
    this.file = file;
    this.document = document;
    this.mode = mode;
    this.on_finish = on_finish;
    this.#schema = schemas.get(file)!;
  }

  async begin(): Promise<void> {
    this.#doctorSocket = await server.socket(DOCTOR);
    this.#patientSocket = await server.socket(PATIENT);
    const thread = await this.#doctor.post(`/accounts/${DOCTOR}/threads/chat`, { title: this.file });
    expect(thread.status).toBe(201);
    this.#thread = thread.body.id;
    const member = { user: PATIENT, state: this.mode, schema: this.#schema.id, on_finish: this.on_finish };
    expect((await this.#doctor.post(`/threads/${this.#thread}/users`, member)).status).toBe(201);
    this.#view = (await this.#patient.get(`/threads/${this.#thread}`)).body;
  }

  /** The question that the thread says it waits at. */
  askedOverHttp(qid: number): Question {
    return this.#asked(this.#view, qid);
  }

  /** The question that the patient's socket was told of with the newest message. */
  async askedOverSocket(qid: number): Promise<Question> {
    const { data } = await this.#patientSocket.next(
      ({ data }) => threadOf(data)?.id === this.#thread && threadOf(data)?.question_data?.qid === qid,
    );
    return this.#asked(threadOf(data), qid);
  }

  #asked(thread: { question: number; question_data: Question; state: string }, qid: number): Question {
    const { id, answers } = this.#schema.questions.get(qid)!;
    expect(thread).toMatchObject({ question: id, state: this.mode, question_data: { id, qid } });
    expect(thread.question_data.answers.map((answer) => answer.id)).toEqual(
      answers.map((answer) => answer.id),
    );
    return thread.question_data;
  }

  async answer(question: Question, given: Given) {
    const answers = chosenBy(given).map(
      (text) => question.answers.find((option) => option.text === text)!.id,
    );
    const [text] = writtenBy(given);
    const posted = await this.#patient.post(`/threads/${this.#thread}/messages`, {
      ...(answers.length > 0 ? { answers } : {}),
      ...(text === undefined ? {} : { text }),
      ...(this.mode === "scripted_fe_controlled" ? { question: question.id } : {}),
    });
    this.#view = (await this.#patient.get(`/threads/${this.#thread}`)).body;
    if (given === "confirm") return expect(posted.status).toBe(204);
    expect(posted.status).toBe(201);
    expect(posted.body).toMatchObject({
      related_question: question.id,
      answers,
      is_own: true,
      is_read: true,
    });
    expect(posted.body.thread_data).toEqual(this.#view);
  }

  /** What a step said is there, counted, and pushed; the patient waits where they should. */
  async holds(
    lines: readonly Line[],
    waits: number | null,
    variables: Record<string, number>,
  ): Promise<void> {
    this.lines.push(...lines);
    this.#unread += lines.length;
    const { body: doctors } = await this.#doctor.get(`/threads/${this.#thread}`);
    expect(doctors).toMatchObject({ state: "open", unread: this.#unread, question: null, schema: null });
    const last = this.lines.at(-1);
    if (last !== undefined)
      expect(doctors.last_message_data).toMatchObject({ text: last.text, type: last.type, is_own: false });
    expect(this.#view.variables_pool).toEqual(variables);
    expect(this.#view.question_data?.qid ?? null).toBe(waits);
    for (const line of lines) await this.#pushed(line);
  }

  async #pushed({ text, type, by }: Line): Promise<void> {
    const frame = await this.#doctorSocket.next(
      ({ message, data }) => message === "message_created_or_updated" && data.thread === this.#thread,
    );
    const sender = by === "patient" ? PATIENT : null;
    expect(frame.data).toMatchObject({ text, type, sender, is_own: false, thread_data: { state: "open" } });
    expect(frame.data.thread_data.id).toBe(this.#thread);
    this.#pushes.push(frame);
  }

  /** The doctor reads all: said to be new this one time, and no more unread. */
  async doctorReads(): Promise<void> {
    const before = this.lines.length - this.#unread;
    const { body } = await this.#doctor.get(`/threads/${this.#thread}/messages?limit=${ALL}`);
    expect(body.results.map((message: { is_read: boolean }) => message.is_read)).toEqual(
      this.lines.map((_, index) => index < before),
    );
    this.#unread = 0;
    expect((await this.#doctor.get(`/threads/${this.#thread}`)).body.unread).toBe(0);
    const told = await this.#doctorSocket.next(
      ({ message, data }) => message === "unread_changed" && data.thread === this.#thread,
    );
    expect(told.data.unread).toBe(0);
  }

  /** All is as the case says, and the log, the list and the pushes tell the same. */
  async ended(one: Case, on_finish: "open" | "close"): Promise<void> {
    const pool = this.#view.variables_pool;
    expect(this.#view).toMatchObject({
      state: on_finish === "close" ? "closed" : "open",
      schema: null,
      question: null,
      question_data: null,
      related_message: null,
    });
    if (one.variables !== undefined) expect(pool).toEqual(one.variables);
    if (one.score !== undefined) expect(pool.score).toBe(one.score);
    if (one.item9 !== undefined) expect(pool.item9).toBe(one.item9);

    const { body: doctors } = await this.#doctor.get(`/threads/${this.#thread}`);
    expect(doctors.unread).toBe(this.#unread);
    const listed = (await this.#doctor.get(`/threads/${this.#thread}/messages?limit=${ALL}`)).body.results;
    expect(listed.map(lineOf)).toEqual(this.lines);
    expect(listed.filter((message: { is_read: boolean }) => !message.is_read)).toHaveLength(this.#unread);
    expect((await this.#doctor.get(`/threads/${this.#thread}`)).body.unread).toBe(0);

    const stored = await server.colloquy.db.query<{ id: number; seq: number }>(
      { name: "test_seqs", text: "select id, seq from message where thread_id = $1 order by seq" },
      [this.#thread],
    );
    expect(stored.map(({ seq }) => seq)).toEqual(this.lines.map((_, index) => index + 1));
    expect(this.#pushes.map(({ data }) => data.id)).toEqual(stored.map(({ id }) => id));
    const all = this.#doctorSocket.frames.filter(
      ({ message, data }) => isMessage(message) && data.thread === this.#thread,
    );
    expect(all).toEqual(this.#pushes);

    await this.#afterwards(
      await this.#patient.post(`/threads/${this.#thread}/messages`, { text: "Thanks!" }),
      on_finish,
    );
    await this.#doctorSocket.close();
    await this.#patientSocket.close();
  }

  async #afterwards(posted: Answer, on_finish: "open" | "close"): Promise<void> {
    if (on_finish === "open") expect(posted.status).toBe(201);
    else expect(posted).toMatchObject({ status: 400, body: { non_field_errors: ["THREAD_IS_CLOSED"] } });
  }
}

function threadOf(data: Frame["data"]) {
  return data.thread_data ?? (data.users_data === undefined ? undefined : data);
}

function isMessage(name: string): boolean {
  return name === "message_created_or_updated";
}

function lineOf({ text, type, sender }: { text: string; type: string; sender: number | null }): Line {
  return { text, type, by: sender === null ? "automation" : "patient" };
}
