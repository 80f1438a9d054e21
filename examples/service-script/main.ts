// Leads a person through a schema in code alone: no HTTP, no socket, only the typed service and its events.
// Prints the conversation; with --check it prints nothing but what is wrong.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createColloquy, type Events } from "colloquy";

const people = [
  { id: 1, first_name: "Ada", last_name: "Nowak", avatar: null },
  { id: 2, first_name: "Dr. Bell", last_name: "", avatar: null },
];
const colloquy = await createColloquy({
  database: "memory:",
  findAccounts: (ids) => people.filter((person) => ids.includes(person.id)),
});

// Events come after their commit, at least once, in order.
const completed = Promise.withResolvers<Events["schema_completed"]>();
const chosen: number[] = [];
const listening = [
  colloquy.on("answers_chosen", ({ data }) => void chosen.push(...data.answers)),
  colloquy.on("schema_completed", ({ data }) => completed.resolve(data)),
];
await Promise.all(listening.map(({ begun }) => begun));

const file = new URL("../schemas/gad-7.json", import.meta.url);
const gad7 = await colloquy.schemas.load(JSON.parse(await readFile(file, "utf8")));

const thread = await colloquy.threads.create({ creator: 1, title: "How have you been?" });
await colloquy.members.add(thread.id, 2);
await colloquy.runs.start(thread.id, 1, gad7.id, { automated_sender: 2 });

// Ada answers "Several days", the second option, wherever she is asked.
let { question_data: question } = await colloquy.threads.get(thread.id, 1);
while (question !== null) {
  const answer = question.answers[1];
  assert.ok(answer, `Question ${question.qid} offers a second option`);
  await colloquy.messages.post(thread.id, 1, { answers: [answer.id] });
  question = (await colloquy.threads.get(thread.id, 1)).question_data;
}
await colloquy.messages.automate(thread.id, { text: "A doctor has seen your answers.", sender: 2 });

const { user, schema, variables } = await completed.promise;
const messages = await colloquy.messages.list(thread.id, 1, { limit: 100 });
const { unread } = await colloquy.threads.get(thread.id, 2);
await colloquy.close();

assert.equal(user, 1);
assert.equal(schema, gad7.id);
assert.deepEqual(variables, { score: 7 }, "seven items at one point each");
assert.equal(chosen.length, messages.filter((message) => message.is_own).length);
assert.equal(messages.at(-1)?.text, "A doctor has seen your answers.");
assert.equal(
  unread,
  messages.filter((message) => message.sender !== 2).length,
  "the doctor has read nothing",
);

if (!process.argv.includes("--check"))
  for (const { sender_data, text } of messages)
    process.stdout.write(`${sender_data?.first_name ?? ""}: ${text}\n`);
