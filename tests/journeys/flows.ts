import { expect } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { named, person } from "../support/people.ts";
import type { TestServer } from "../support/server.ts";

/** A question of a small schema, as a document has it. */
export interface Asked {
  qid: number;
  type: string;
  text?: string;
  next_qid?: number | null;
  [field: string]: unknown;
}

/** A question as the server shows it. */
export interface Stored {
  id: number;
  qid: number;
  answers: { id: number; text: string }[];
}

/** A published schema: its id, and its questions by qid. */
export interface Flow {
  id: number;
  name: string;
  version: number;
  questions: Map<number, Stored>;
}

/** Publishes a schema of these questions, whatever the checker finds. */
export async function publish(
  server: TestServer,
  name: string,
  questions: readonly Asked[],
  by = person(1),
): Promise<Flow> {
  return importFlow(server, name, questions, "?publish=true&force=true", by);
}

export async function importFlow(
  server: TestServer,
  name: string,
  questions: readonly Asked[],
  options = "",
  by = person(1),
): Promise<Flow> {
  const document = {
    format: "colloquy.schema/1",
    name,
    type: "automated_flow",
    language: "en",
    questions: questions.map((question) => ({ text: `Question ${question.qid}`, ...question })),
  };
  const { status, body } = await server.as(by).post(`/admin/schemas/import${options}`, document);
  expect([status, body]).toEqual([201, expect.anything()]);
  const all: Stored[] = body.questions;
  return {
    id: body.id,
    name: body.name,
    version: body.version,
    questions: new Map(all.map((question) => [question.qid, question])),
  };
}

/** The id of the question `qid` of a schema. */
export function question(flow: Flow, qid: number): number {
  return flow.questions.get(qid)!.id;
}

/** The id of an option of a choice, by its text. */
export function option(flow: Flow, qid: number, text: string): number {
  return flow.questions.get(qid)!.answers.find((answer) => answer.text === text)!.id;
}

/** An open thread of `creator`, with others in it by their permissions. */
export async function openThread(
  server: TestServer,
  creator: UserId,
  others: Record<UserId, number> = {},
): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator });
  for (const [user, permissions] of Object.entries(others))
    await server.colloquy.members.add(id, named(user), { permissions });
  return id;
}
