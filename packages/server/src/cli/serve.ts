import cluster from "node:cluster";
import type { SettingsInput } from "../settings.ts";
import { defineCommand } from "./command.ts";
import { configuration, over, SERVER_OPTIONS } from "./configuration.ts";
import { prepareForNodes, readNodes, serveAsNode, startNodes, untilDismissed } from "./nodes.ts";
import { say } from "./say.ts";
import { listen, openStandalone } from "./standalone.ts";
import { untilStopped } from "./untilStopped.ts";

export const serve = defineCommand({
  name: "serve",
  summary: "Serve the API over HTTP and WebSocket",
  options: {
    ...SERVER_OPTIONS,
    dev: {
      description:
        "for development: believe X-User-Id, let unpublished schemas run, make accounts 1 (superuser), 2 and 3, show a page at /; on a loopback host only",
    },
    nodes: {
      value: "N",
      description: "processes that serve as one, on PostgreSQL (default 1, at most 64)",
    },
  },
  details: `Prints one line with its URL when it is ready. SIGTERM and SIGINT let what is under way finish.
Tokens are signed by auth.secret. Without one, a secret is kept with the embedded database.
Of several nodes, one that ends by itself is replaced.`,
  async run({ dev, nodes, ...values }) {
    const count = readNodes(nodes);
    const settings = async () => {
      const configured = await configuration(values);
      return dev ? over(configured, { auth: { dev } }) : configured;
    };
    if (count === 1) await alone(settings);
    else if (cluster.isPrimary) await together(settings, count);
    else return serveAsNode(settings(), untilDismissed());
    return 0;
  },
});

async function alone(read: () => Promise<SettingsInput>): Promise<void> {
  const stopped = untilStopped();
  const colloquy = await openStandalone(await read());
  const url = await listen(colloquy);
  say(`Colloquy listens on ${url}${believing(colloquy.settings)}`);
  await stopped;
  await colloquy.close();
}

async function together(read: () => Promise<SettingsInput>, count: number): Promise<void> {
  const stopped = untilStopped();
  const settings = await read();
  await prepareForNodes(settings);
  const nodes = startNodes(count, settings);
  const url = await Promise.race([nodes.ready, stopped]);
  if (url !== undefined) say(`Colloquy listens on ${url} with ${count} nodes${believing(settings)}`);
  await stopped;
  await nodes.stop();
}

function believing({ auth }: SettingsInput): string {
  return auth?.dev ? " and believes X-User-Id" : "";
}
