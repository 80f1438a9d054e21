import { Readable } from "node:stream";
import type { AnswerDocument } from "@colloquy/engine";
import { Workbook } from "exceljs";
import { beforeAll, describe, expect, it } from "vitest";
import { type As, startServer, type TestServer } from "../support/server.ts";

const [ADMIN, PERSON] = [1, 2];

let server: TestServer;
let admin: As;
beforeAll(async () => {
  server = await startServer({ schemas: { allowUnpublished: true } });
  admin = server.as(ADMIN);
});

const document = (name: string, options: (string | AnswerDocument)[], more: object = {}) => ({
  format: "colloquy.schema/1",
  name,
  type: "survey",
  questions: [
    {
      qid: 1,
      type: "choice",
      text: "How often?",
      choice_open: true,
      answers: options.map((option) => ({
        ...(typeof option === "string" ? { text: option } : option),
        next_qid: 2,
      })),
    },
    { qid: 2, type: "multichoice", text: "Where?", answers: options.map(asLast) },
  ],
  ...more,
});
const asLast = (option: string | AnswerDocument) => ({
  ...(typeof option === "string" ? { text: option } : option),
  next_qid: -1,
});

async function stored(content: object, query = ""): Promise<number> {
  const { status, body } = await admin.post(`/admin/schemas/import${query}`, content);
  expect([200, 201], JSON.stringify(body)).toContain(status);
  return body.id;
}

const optionsOf = async (id: number) => (await admin.get(`/schemas/${id}`)).body.questions[0].answers;
const valuesOf = async (id: number) =>
  (await optionsOf(id)).map(({ text, value }: { text: string; value: unknown }) => [text, value]);
const dumped = async (id: number) => (await admin.get(`/admin/schemas/${id}/document`)).body;

/** Answers both questions with the option at a place. */
async function answer(schema: number, at: number): Promise<void> {
  const { body: survey } = await server.as(PERSON).post(`/accounts/${PERSON}/surveys`, { schema });
  const { questions } = (await admin.get(`/schemas/${schema}`)).body;
  for (const { id, answers } of questions) {
    const given = { related_question: id, answers: [answers[at].id] };
    expect((await server.as(PERSON).post(`/surveys/${survey.id}/items`, given)).status).toBe(201);
  }
}

const exported = async (name: string, format: string) => {
  const response = await fetch(`${server.url}/api/admin/surveys/export?name=${name}&format=${format}`, {
    headers: { "x-user-id": String(ADMIN) },
  });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
};
const rowsOf = async (name: string) => JSON.parse(String(await exported(name, "json")));

describe("an option whose wording was corrected", () => {
  it("is one in exports, codebook and aggregates, under the value that it always had", async () => {
    const first = await stored(document("corrected", ["Soemtimes", "Never"]), "?publish=true");
    await answer(first, 0);
    // What is dumped or copied keeps the values, and then only the text is corrected.
    const { body: copy } = await admin.post(`/admin/schemas/${first}/copy`, {});
    const corrected = await dumped(copy.id);
    for (const question of corrected.questions) question.answers[0].text = "Sometimes";
    expect((await admin.put(`/admin/schemas/${copy.id}`, corrected)).status).toBe(200);
    expect(await valuesOf(copy.id)).toEqual([
      ["Sometimes", "Soemtimes"],
      ["Never", "Never"],
    ]);
    await admin.post(`/admin/schemas/${copy.id}/publish`, {});
    await answer(copy.id, 0);
    await answer(copy.id, 1);

    const rows = await rowsOf("corrected");
    expect(rows.map((row: object) => Object.keys(row).filter((name) => name.startsWith("q")))).toEqual(
      Array.from({ length: 3 }, () => ["q1", "q1 (written)", "q2: Soemtimes", "q2: Never"]),
    );
    expect(rows.map(({ q1 }: { q1: string }) => q1)).toEqual(["Soemtimes", "Soemtimes", "Never"]);
    expect(rows.map((row: Record<string, unknown>) => row["q2: Soemtimes"])).toEqual([1, 1, 0]);

    const { body: aggregate } = await admin.get("/admin/surveys/aggregate?name=corrected");
    for (const { options } of aggregate.questions)
      expect(options).toEqual([
        { value: "Soemtimes", text: "Sometimes", count: 2 },
        { value: "Never", text: "Never", count: 1 },
      ]);
    const codebook = JSON.parse(String(await exported("corrected", "codebook")));
    expect(codebook.questions[1].options[0]).toEqual({
      value: "Soemtimes",
      text: "Sometimes",
      versions: [1, 2],
      column: "q2: Soemtimes",
      earlier: [{ version: 1, text: "Soemtimes" }],
    });
  });

  it("keeps its value where a draft is replaced, and a document can be loaded again as the same", async () => {
    const id = await stored(document("draft", ["Soemtimes", "Never"]));
    const corrected = document("draft", ["Sometimes", "Never", "Always"]);
    expect((await admin.put(`/admin/schemas/${id}`, corrected)).status).toBe(200);
    expect(await valuesOf(id)).toEqual([
      ["Sometimes", "Soemtimes"],
      ["Never", "Never"],
      ["Always", "Always"],
    ]);
    // It is stored already, as the newest version.
    expect(await stored(corrected)).toBe(id);
    expect(await stored(await dumped(id))).toBe(id);
    expect((await admin.patch(`/admin/schemas/${id}`, { language: "pl" })).status).toBe(200);
    expect((await valuesOf(id))[0]).toEqual(["Sometimes", "Soemtimes"]);
    // As another version, from a document that does not say the value, it is another option.
    const second = await stored(document("draft", ["Mostly", "Never"]));
    expect(second).not.toBe(id);
    expect(await valuesOf(second)).toEqual([
      ["Mostly", "Mostly"],
      ["Never", "Never"],
    ]);
    // A document that does not say its version is put in place of the version that is asked for.
    const put = await admin.put(`/admin/schemas/${second}`, document("draft", ["Most of the time", "Never"]));
    expect(put).toMatchObject({ status: 200, body: { id: second, version: 2 } });
    expect((await valuesOf(second))[0]).toEqual(["Most of the time", "Mostly"]);
  });
});

describe("values that an author gives", () => {
  it("are what exports hold: numbers as numbers, in every format", async () => {
    const id = await stored(
      document("coded", [
        { text: "Not at all", value: 0 },
        { text: "Nearly every day", value: 1.5 },
        { text: "=1+1", value: "=1+1" },
      ]),
    );
    for (const at of [0, 1, 2]) await answer(id, at);
    const rows = await rowsOf("coded");
    expect(rows.map(({ q1 }: { q1: unknown }) => q1)).toEqual([0, 1.5, "=1+1"]);
    expect(Object.keys(rows[0])).toEqual(expect.arrayContaining(["q2: 0", "q2: 1.5", "q2: =1+1"]));
    const lines = String(await exported("coded", "csv")).split("\n");
    expect(lines[1]).toMatch(/,0,,1,0,0$/);
    expect(lines[3]).toMatch(/,'=1\+1,,0,0,1$/);
    const workbook = new Workbook();
    await workbook.xlsx.read(Readable.from(await exported("coded", "xlsx")));
    expect([2, 3, 4].map((row) => workbook.worksheets[0]!.getCell(row, 7).value)).toEqual([0, 1.5, "=1+1"]);
  });

  it("come with the options on the wire, in a document, and of a simulation", async () => {
    const id = await stored(document("shown", [{ text: "Never", value: 0 }, "Always"]));
    expect(await valuesOf(id)).toEqual([
      ["Never", 0],
      ["Always", "Always"],
    ]);
    const answers = (await dumped(id)).questions[0].answers;
    expect(answers).toEqual([
      { text: "Never", value: 0, next_qid: 2 },
      { text: "Always", next_qid: 2 },
    ]);
    const { body } = await admin.post(`/admin/schemas/${id}/simulate`, {});
    expect(body.question.answers[0]).toMatchObject({ text: "Never", value: 0 });
  });

  it("are refused where two options of a question share one", async () => {
    const { status, body } = await admin.post(
      "/admin/schemas",
      document("twice", [
        { text: "Never", value: 1 },
        { text: "Always", value: 1 },
      ]),
    );
    expect(status).toBe(400);
    expect(body.answers[0]).toBe("Question 1: The value 1 is used more than once.");
  });

  it("are told apart where the document does not, as exports name their columns", async () => {
    const id = await stored(document("alike", ["Back", "Back"]));
    expect(await valuesOf(id)).toEqual([
      ["Back", "Back"],
      ["Back", "Back (2)"],
    ]);
    await answer(id, 1);
    expect((await rowsOf("alike"))[0]).toMatchObject({ q1: "Back (2)", "q2: Back": 0, "q2: Back (2)": 1 });
  });

  it("are not shown to clients of chat_api, which know of none", async () => {
    const other = await startServer({ compat: "chat_api" });
    const { body } = await other.as(ADMIN).post("/admin/schemas", document("plain", ["Never"]));
    const shown = (await other.as(ADMIN).get(`/schemas/${body.id}`)).body.questions[0].answers[0];
    expect(shown.text).toBe("Never");
    expect(shown).not.toHaveProperty("value");
    const { body: kept } = await other.as(ADMIN).get(`/admin/schemas/${body.id}/document`);
    expect(kept.questions[0].answers).toEqual([{ text: "Never", next_qid: 2 }]);
  });
});

describe("a name of digits alone", () => {
  it("is refused everywhere, since it could be taken for an id", async () => {
    const id = await stored(document("named", ["Never"]));
    const name = ['A name must not consist of digits only, like an id: "7".'];
    for (const answered of [
      await admin.post("/admin/schemas", document("7", ["Never"])),
      await admin.post("/admin/schemas/import?publish=true&force=true", document("7", ["Never"])),
      await admin.put(`/admin/schemas/${id}`, document("7", ["Never"])),
      await admin.patch(`/admin/schemas/${id}`, { name: "7" }),
    ])
      expect(answered).toMatchObject({ status: 400, body: { name } });
    await expect(server.colloquy.schemas.load(document("7", ["Never"]))).rejects.toMatchObject({
      body: { name },
    });
  });

  it("exports only its own answers, where one is from before", async () => {
    const id = await stored(document("secret", ["Never"]));
    await answer(id, 0);
    const { db } = server.colloquy;
    const other = await stored(document("to be renamed", ["Always"]));
    await db.query({ name: "rename", text: "update schema set name = $2 where id = $1" }, [
      other,
      String(id),
    ]);
    expect(await rowsOf(String(id))).toEqual([]);
    await answer(other, 0);
    expect((await rowsOf(String(id))).map(({ q1 }: { q1: string }) => q1)).toEqual(["Always"]);
  });
});
