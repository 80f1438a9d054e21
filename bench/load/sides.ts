import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { fillPeer } from "../peer/database.ts";
import type { CrowdQuestion, Party } from "../processes/crowd.ts";
import { type Child, startChild } from "../support/child.ts";
import { type Running, type Served, startServer } from "../support/serve.ts";
import { type Bench, createDatabase, SECRET, type Stage } from "../support/stage.ts";
import { fill } from "./fill.ts";
import { PEOPLE } from "./shape.ts";

/** Servers with a database of their own, and the crowd that writes to them and listens. */
export interface Side {
  name: string;
  /** Of the database. */
  url: string;
  servers: Served[];
  crowd: Child;
}

/**
 * Colloquy with people and a thread for each circle of them, in one process or as several nodes. Nothing else hears
 * of what it does: the stage's own Colloquy is closed.
 */
export async function startColloquy(
  stage: Stage,
  circles: readonly number[][],
  nodes: readonly (Running & { name?: string })[] = [{}],
): Promise<Side> {
  const threads = await fill(stage, circles);
  const party = { dialect: "colloquy", tokens: await issueTokens(stage), threads } as const;
  await stage.leave();
  const servers = await Promise.all(nodes.map((node) => stage.startServer(node)));
  const crowd = await startCrowd(stage, { ...party, addresses: servers.map(({ address }) => address) });
  return { name: "Colloquy", url: stage.url, servers, crowd };
}

const PEER = fileURLToPath(new URL("../peer/server.ts", import.meta.url));

/** The peer, with the same people and threads. */
export async function startPeer(
  { postgres }: Bench,
  stage: Stage,
  circles: readonly number[][],
  running: Running = {},
): Promise<Side> {
  const database = `${new URL(stage.url).pathname.slice(1)}_peer`;
  await createDatabase(postgres, database);
  const url = postgres.url(database);
  const client = new Client({ connectionString: url });
  await client.connect();
  await fillPeer(client, circles).finally(() => client.end());

  const environment = { PEER_DATABASE: url, PEER_SECRET: SECRET };
  const server = stage.keep(await startServer([PEER], { ...running, environment }));
  const threads = circles.map((members, index) => ({ id: index + 1, members }));
  const tokens = await issueTokens(stage);
  const crowd = await startCrowd(stage, {
    dialect: "socketIo",
    addresses: [server.address],
    tokens,
    threads,
  });
  return { name: "the peer", url, servers: [server], crowd };
}

export async function startCrowd(stage: Stage, party: Party): Promise<Child> {
  const crowd = stage.keep(startChild("crowd"));
  await crowd.ask({ party } satisfies CrowdQuestion);
  return crowd;
}

function issueTokens({ tokenOf }: Stage): Promise<string[]> {
  return Promise.all(Array.from({ length: PEOPLE }, (_, n) => tokenOf(n + 1)));
}
