import {
  againstFloor,
  DATABASE_CONNECTIONS,
  HTTP_CONNECTIONS,
  statementFigures,
} from "./support/againstFloor.ts";
import type { Figure } from "./support/figure.ts";
import type { HttpRequest } from "./support/keepAlive.ts";
import type { Sent } from "./support/recording.ts";
import { addPeople, deal, openRoom, post, recordRequests } from "./support/rooms.ts";
import { loopingSchema } from "./support/schemas.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const LEAST = 0.35;
const QUESTIONS = 20;
/** An answer brings two messages and the unread count is stored anew after 100: the floor does that as often. */
const LOOPS = 5;

/** Answering the question that waits, in a thread of two, against the same SQL straight through the driver. */
export function postAnswer(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "answer", async (stage) => {
    await addPeople(stage, 2);
    const schema = await stage.colloquy.schemas.load(loopingSchema(QUESTIONS));
    const drafts = schema.questions.map(({ id, answers }) => ({ question: id, answers: [answers[1]!.id] }));
    const loop = async (): Promise<HttpRequest[]> => {
      const thread = await openRoom(stage, [1, 2], schema.id);
      return Promise.all(drafts.map((draft) => post(stage, thread, 1, draft)));
    };

    const server: HttpRequest[][] = [];
    for (let n = 0; n < 2 * HTTP_CONNECTIONS; n++) server.push(await loop());
    const floor: Sent[][][] = [];
    for (let n = 0; n < DATABASE_CONNECTIONS; n++) floor.push(await recordLoop(stage, await loop()));
    const lanes = { server: deal(server, HTTP_CONNECTIONS), floor: deal(floor, DATABASE_CONNECTIONS) };
    return [
      await againstFloor(stage, "post answer", LEAST, lanes),
      ...statementFigures("post answer", floor[0]!),
    ];
  });
}

async function recordLoop(stage: Stage, loop: HttpRequest[]): Promise<Sent[][]> {
  await recordRequests(stage, loop); // What is remembered from now on is looked up once.
  return recordRequests(stage, Array.from({ length: LOOPS }, () => loop).flat());
}
