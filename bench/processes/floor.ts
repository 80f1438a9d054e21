import { Client } from "pg";
import { answerQuestions } from "../support/child.ts";
import { type Lane, runRound } from "../support/lanes.ts";
import type { Sent } from "../support/recording.ts";

export type FloorQuestion = { url: string; lanes: Lane<Sent[]>[] } | { seconds: number };

/** Sends what the server sends for a request, straight through the driver, one connection per lane. */
let lanes: Lane<Sent[]>[] = [];
let clients: Client[] = [];

answerQuestions<FloorQuestion>(async (question) => {
  if ("seconds" in question) return runRound(lanes, question.seconds, perform);
  lanes = question.lanes;
  clients = await Promise.all(lanes.map(() => open(question.url)));
  return "ready";
});

async function open(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString, options: "-c search_path=colloquy -c TimeZone=UTC" });
  await client.connect();
  return client;
}

/**
 * The recorded statements in turn, with the recorded values. Only the revision is what the view says, as
 * otherwise a change that was decided on an earlier one would write nothing.
 */
async function perform(lane: number, statements: readonly Sent[]): Promise<void> {
  let revision: unknown;
  for (const { name, text, values } of statements) {
    const isChange = name?.startsWith("thread_change") || name === "survey_change";
    const used = isChange && revision !== undefined ? values.with(1, revision) : values;
    const { rows } = await clients[lane]!.query({
      ...(name === undefined ? {} : { name }),
      text,
      values: used,
    });
    if (isChange && rows.length === 0) throw new Error("A change of the floor wrote nothing");
    revision = rows[0]?.revision ?? revision;
  }
}
