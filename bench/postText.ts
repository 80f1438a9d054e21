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
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const LEAST = 0.5;
/** A member's unread count is stored anew after 100 messages: with so many posts the floor does that as often. */
const CYCLE = 101;

/** Posting a text message over HTTP, against the same SQL straight through the driver. */
export async function postText(bench: Bench): Promise<Figure[]> {
  return [
    ...(await onStage(bench, "text_many", manyThreads)),
    ...(await onStage(bench, "text_one", oneThread)),
  ];
}

async function manyThreads(stage: Stage): Promise<Figure[]> {
  await addPeople(stage, 2);
  const room = () => openRoom(stage, [1, 2]);
  const server: HttpRequest[][] = [];
  for (let n = 0; n < 2 * HTTP_CONNECTIONS; n++) server.push([await post(stage, await room(), 1)]);
  const floor: Sent[][][] = [];
  for (let n = 0; n < DATABASE_CONNECTIONS; n++) {
    const request = await post(stage, await room(), 1);
    await recordRequests(stage, [request]); // What is remembered from now on is looked up once.
    floor.push(await recordRequests(stage, Array(CYCLE).fill(request)));
  }
  const lanes = { server: deal(server, HTTP_CONNECTIONS), floor: deal(floor, DATABASE_CONNECTIONS) };
  return [
    await againstFloor(stage, "post text, many threads", LEAST, lanes),
    ...statementFigures("post text", floor[0]!),
  ];
}

async function oneThread(stage: Stage): Promise<Figure[]> {
  await addPeople(stage, HTTP_CONNECTIONS);
  const room = (members: number) =>
    openRoom(stage, Array.from({ length: members }, (_, n) => n + 1) as [number, ...number[]]);
  const posts = (thread: number, members: number) =>
    Promise.all(Array.from({ length: members }, (_, n) => post(stage, thread, n + 1)));
  const server = await posts(await room(HTTP_CONNECTIONS), HTTP_CONNECTIONS);
  const floor = await recordInTurn(
    stage,
    await posts(await room(DATABASE_CONNECTIONS), DATABASE_CONNECTIONS),
  );
  return [
    await againstFloor(stage, "post text, one thread", LEAST, {
      server: deal(
        server.map((request) => [request]),
        HTTP_CONNECTIONS,
      ),
      floor: deal(floor, DATABASE_CONNECTIONS),
    }),
  ];
}

/** The members post by turns, each a cycle of requests. */
async function recordInTurn(stage: Stage, requests: readonly HttpRequest[]): Promise<Sent[][][]> {
  await recordRequests(stage, requests);
  const cycles: Sent[][][] = requests.map(() => []);
  for (let turn = 0; turn < CYCLE; turn++)
    for (const [member, statements] of (await recordRequests(stage, requests)).entries())
      cycles[member]!.push(statements);
  return cycles;
}
