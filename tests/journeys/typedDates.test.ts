import { expect, it } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";

const [ADMIN, PERSON] = [1, 2];

const DOCUMENT = {
  format: "colloquy.schema/1",
  name: "dates",
  type: "survey",
  questions: [
    { qid: 1, type: "date", text: "Since when?", next_qid: 2 },
    { qid: 2, type: "time", text: "When do you get up?", next_qid: 3 },
    { qid: 3, type: "datetime", text: "And today?", next_qid: 4 },
    { qid: 4, type: "text", text: "Anything else?", next_qid: 5 },
    { qid: 5, type: "int", text: "How old are you?", next_qid: -1 },
  ],
};

async function answer(server: TestServer, schema: number, texts: readonly string[]): Promise<number[]> {
  const person = server.as(PERSON);
  const { body: survey } = await person.post(`/accounts/${PERSON}/surveys`, { schema });
  const { questions } = (await person.get(`/schemas/${schema}`)).body;
  const items: number[] = [];
  for (const [index, text] of texts.entries()) {
    const { status, body } = await person.post(`/surveys/${survey.id}/items`, {
      related_question: questions[index].id,
      text,
    });
    expect([text, status]).toEqual([text, 201]);
    items.push(body.id);
  }
  return [survey.id, ...items];
}

async function evaluated(server: TestServer) {
  const { body: rows } = await server.as(ADMIN).get("/admin/surveys/export?name=dates&format=json");
  const { body: aggregate } = await server.as(ADMIN).get("/admin/surveys/aggregate?name=dates");
  return {
    rows: rows.map(({ q1, q2, q3, q4, q5 }: Record<string, unknown>) => [q1, q2, q3, q4, q5]),
    months: aggregate.questions.map(({ months }: { months: unknown }) => months),
    ages: aggregate.questions[4].numbers,
  };
}

it("are ISO in exports and counted by month, whatever was typed and whatever the host lets in later", async () => {
  const database = await freshDatabase();
  const first = await startServer({}, { database });
  const { id: schema } = await first.colloquy.schemas.load(DOCUMENT);
  await answer(first, schema, ["2026-10-03", "07:30", "2026-10-03T07:30Z", "2026-10-03", "41"]);
  const [survey, item] = await answer(first, schema, [
    "11/22/2026",
    "7:05 PM",
    "11/22/2026 7:05 am",
    "11/22/2026",
    " +40 ",
  ]);
  // What was typed is what is read back.
  const read = () => first.as(PERSON).get(`/surveys/${survey}/items/${item}`);
  expect((await read()).body.text).toBe("11/22/2026");
  await first.close();

  // The same database, with other notations: day before month, and the former ones no more.
  const second = await startServer({ answers: { dateFormats: ["d.M.yyyy", "H.mm"] } }, { database });
  await answer(second, schema, ["1.12.2026", "7.05", "1.12.2026 19.05", "1.12.2026", "39"]);
  const expected = {
    rows: [
      ["2026-10-03", "07:30", "2026-10-03T07:30Z", "2026-10-03", 41],
      ["2026-11-22", "19:05", "2026-11-22T07:05", "11/22/2026", 40],
      ["2026-12-01", "07:05", "2026-12-01T19:05", "1.12.2026", 39],
    ],
    months: [1, 3].reduce<unknown[]>(
      (months, qid) =>
        months.with(
          qid - 1,
          ["2026-10", "2026-11", "2026-12"].map((month) => ({ month, count: 1 })),
        ),
      [null, null, null, null, null],
    ),
    ages: expect.objectContaining({ minimum: 39, maximum: 41, mean: 40, median: 40 }),
  };
  expect(await evaluated(second)).toEqual(expected);

  // A changed answer changes its value.
  const patched = await second.as(PERSON).patch(`/surveys/${survey}/items/${item}`, { text: "5.10.2026" });
  expect(patched.status).toBe(200);
  const after = await evaluated(second);
  expect(after.rows[1][0]).toBe("2026-10-05");
  expect(after.months[0]).toEqual([
    { month: "2026-10", count: 2 },
    { month: "2026-12", count: 1 },
  ]);
  await second.close();
});
