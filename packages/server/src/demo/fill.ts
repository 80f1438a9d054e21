import { readFile } from "node:fs/promises";
import type { Schema, Thread } from "@colloquy/protocol";
import type { Colloquy } from "../createColloquy.ts";
import { ALL_PERMISSIONS, holds, PERMISSION } from "../policies/bits.ts";
import { EXAMPLE_USERS } from "../policies/userIds.ts";
import { EXAMPLE_DOCUMENT } from "../schemas/exampleDocument.ts";

const SCHEMAS = new URL("./generated/schemas.json", import.meta.url);

/** Schemas each time, threads once. Answers a thread in which the doctor may write. */
export async function fillDemo(colloquy: Colloquy): Promise<number> {
  const documents: unknown[] = JSON.parse(await readFile(SCHEMAS, "utf8"));
  const schemas = new Map<string, Schema>();
  for (const document of documents) {
    const schema = await colloquy.schemas.load(document);
    schemas.set(schema.name, schema);
  }
  await colloquy.schemas.load(EXAMPLE_DOCUMENT, { publish: false });
  return (await doctorsThread(colloquy)) ?? makeThreads(colloquy, (name) => schemas.get(name)!);
}

/** The oldest is the support chat, where it was made by the demo. */
async function doctorsThread({ app, settings }: Colloquy): Promise<number | null> {
  const type = settings.types.chat[0] ?? "chat";
  const { doctor } = EXAMPLE_USERS[settings.accounts.ids];
  const { results } = (
    await app.inject({
      url: `${settings.http.prefix}/accounts/${doctor}/threads/${type}?state=open&ordering=id`,
      headers: { "x-user-id": String(doctor) },
    })
  ).json<{ results: Thread[] }>();
  const writable = results.find(({ permissions }) => holds(permissions, PERMISSION.MESSAGES_CREATE));
  return writable?.id ?? null;
}

async function makeThreads(colloquy: Colloquy, schema: (name: string) => Schema): Promise<number> {
  await makeExamples(colloquy, schema("daily-tracker"));
  const support = await begin(colloquy, "Support", schema("support-intake"));
  await intake(colloquy, support, schema("support-intake"));
  await begin(colloquy, "First visit", schema("telehealth-onboarding"));
  await begin(colloquy, "PHQ-9 check-in", schema("PHQ-9"));
  return support;
}

/**
 * The objects of the examples in the OpenAPI document. They are created first, since the examples have their ids: the
 * operator's threads 1 (with message 1) and 2, and survey 1 (with answer 1).
 */
async function makeExamples(
  { threads, members, messages, surveys, settings }: Colloquy,
  schema: Schema,
): Promise<void> {
  const { operator, patient } = EXAMPLE_USERS[settings.accounts.ids];
  const talk = { creator: operator, permissions: ALL_PERMISSIONS };
  const { id } = await threads.create({ ...talk, title: "Help" });
  await members.add(id, patient);
  await messages.post(id, operator, {
    text: "Hello, I am here if something does not work.",
    attachments: [
      { type: "object_reference", title: "Opening hours", object_id: 1, content_type: "article" },
    ],
  });
  const led = await threads.create({ ...talk, title: "My day", state: "scripted", schema: schema.id });
  await messages.post(led.id, operator, { text: "7" });
  const survey = await surveys.create({ user: operator, schema: schema.id });
  const mood = [...schema.groups.flatMap((group) => group.questions), ...schema.questions][1]!;
  await surveys.answer(survey.id, [{ related_question: mood.id, text: "7" }]);
}

/** A thread in which the patient is led through a schema and the doctor looks on, and may write. */
async function begin(
  { threads, members, settings }: Colloquy,
  title: string,
  schema: Schema,
): Promise<number> {
  const { patient, doctor } = EXAMPLE_USERS[settings.accounts.ids];
  const { id } = await threads.create({ creator: patient, title, state: "scripted", schema: schema.id });
  await members.add(id, doctor);
  return id;
}

/** The patient has been through the intake, and a person has taken over. */
async function intake(
  { messages, threads, settings }: Colloquy,
  thread: number,
  schema: Schema,
): Promise<void> {
  const { patient, doctor } = EXAMPLE_USERS[settings.accounts.ids];
  const { groups, questions } = schema;
  const all = [...groups.flatMap((group) => group.questions), ...questions];
  const options = all.flatMap((question) => question.answers);
  for (const text of ["A bill", "Today would be good"]) {
    const chosen = options.find((option) => option.text === text)!;
    await messages.post(thread, patient, { answers: [chosen.id] });
  }
  await messages.post(thread, patient, { text: "My last bill has a visit on it that was cancelled." });
  const { users_data } = await threads.get(thread, patient);
  const name = users_data.find(({ id }) => id === patient)?.first_name;
  await messages.post(thread, doctor, {
    text: `Hello ${name}, I see it. We take it off, and you get a corrected bill today.`,
  });
}
