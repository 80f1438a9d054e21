import { answerQuestions } from "../support/child.ts";
import type { HttpRequest } from "../support/keepAlive.ts";
import { type Connection, connect, encodeRequest } from "../support/keepAlive.ts";
import { alternate, type Lane, runRound } from "../support/lanes.ts";

export type LoadQuestion =
  | { addresses: string[]; lanes: Lane<HttpRequest>[] }
  | { seconds: number }
  | { times: number };

/** Sends HTTP requests, one connection per lane. */
let lanes: Lane<Buffer>[] = [];
let connections: Connection[] = [];

const perform = (lane: number, request: Buffer) => connections[lane]!.send(request);

answerQuestions<LoadQuestion>(async (question) => {
  if ("seconds" in question) return runRound(lanes, question.seconds, perform);
  if ("times" in question) return alternate(lanes, question.times, perform);
  const servers = question.addresses.map((address) => new URL(address));
  lanes = question.lanes.map((lane, index) =>
    lane.map(({ at, requests }) => ({
      at,
      requests: requests.map((request) => encodeRequest(servers[index]!.host, request)),
    })),
  );
  connections = await Promise.all(servers.map(({ hostname, port }) => connect(hostname, Number(port))));
  return "ready";
});
