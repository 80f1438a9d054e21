import { expect, test } from "vitest";
import { startServer } from "../support/server.ts";

const ME = 2;

test("the push of a survey that fails is tried again, and says how the survey is then", {
  timeout: 30_000,
}, async () => {
  let failing = 0;
  const server = await startServer({
    policies: {
      surveyObject(_caller, { method }, byDefault) {
        // A push asks as if its user fetched the survey.
        if (method === "GET" && failing > 0) {
          failing -= 1;
          throw new Error("Cannot be told now");
        }
        return byDefault();
      },
    },
  });
  const schema = await server.colloquy.schemas.load({
    format: "colloquy.schema/1",
    name: "pushed",
    type: "survey",
    questions: [{ qid: 1, type: "text", text: "?", next_qid: -1 }],
  });
  const { id } = await server.colloquy.surveys.create({ user: ME, schema: schema.id });
  const socket = await server.socket(ME);
  failing = 2;
  await server.colloquy.surveys.answer(id, [{ related_question: schema.questions[0]!.id, text: "first" }]);
  const push = await socket.next(({ message, data }) => message === "survey_updated" && data.id === id);
  expect(failing).toBe(0);
  expect(push.data).toEqual((await server.as(ME).get(`/surveys/${id}`)).body);
});
