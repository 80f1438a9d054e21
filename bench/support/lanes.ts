/** Requests that are made over and over, each after the answer to the one before it. */
export interface Cycle<Request> {
  requests: Request[];
  /** The next one; it stays where it is between rounds. */
  at: number;
}

/** What one connection does: its cycles take turns, so that it writes to many threads or to one. */
export type Lane<Request> = Cycle<Request>[];

export interface Round {
  count: number;
  seconds: number;
}

/** All lanes at once, for so long; what is under way at the end is finished and counted. */
export async function runRound<Request>(
  lanes: readonly Lane<Request>[],
  seconds: number,
  perform: (lane: number, request: Request) => Promise<void>,
): Promise<Round> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let count = 0;
  await Promise.all(
    lanes.map(async (lane, index) => {
      for (let turn = 0; performance.now() < end; turn++) {
        await perform(index, next(lane, turn));
        count += 1;
      }
    }),
  );
  return { count, seconds: (performance.now() - start) / 1000 };
}

/** The lanes by turns, one request at a time; milliseconds of each request, by lane. */
export async function alternate<Request>(
  lanes: readonly Lane<Request>[],
  times: number,
  perform: (lane: number, request: Request) => Promise<void>,
): Promise<number[][]> {
  const taken: number[][] = lanes.map(() => []);
  for (let turn = 0; turn < times; turn++)
    for (const [index, lane] of lanes.entries()) {
      const request = next(lane, turn);
      const start = performance.now();
      await perform(index, request);
      taken[index]!.push(performance.now() - start);
    }
  return taken;
}

function next<Request>(lane: Lane<Request>, turn: number): Request {
  const cycle = lane[turn % lane.length]!;
  return cycle.requests[cycle.at++ % cycle.requests.length]!;
}
