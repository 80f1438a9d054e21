import cluster from "node:cluster";
import { checkSettings } from "../checkSettings.ts";
import { textOf } from "../metrics/readings.ts";
import type { SettingsInput } from "../settings.ts";
import { defineCommand } from "./command.ts";
import { configuration, over, SERVER_OPTIONS } from "./configuration.ts";
import { type MetricsListener, serveMetrics } from "./metricsListener.ts";
import { type Nodes, prepareForNodes, readNodes, serveAsNode, startNodes, untilDismissed } from "./nodes.ts";
import { say } from "./say.ts";
import { listen, openStandalone } from "./standalone.ts";
import { untilStopped } from "./untilStopped.ts";

export const serve = defineCommand({
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
  details: `Prints one line with its URL, and that of its metrics, when it is ready.
SIGTERM and SIGINT let what is under way finish.
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
  // To open a database may take long, or for ever: who is told to stop meanwhile does not wait for it.
  const colloquy = await Promise.race([openStandalone(await read()), stopped]);
  if (colloquy === undefined) return;
  const url = await listen(colloquy);
  const metrics = await serveMetrics(colloquy.settings.metrics, colloquy.metrics);
  announce(url, colloquy.settings, metrics);
  await stopped;
  await metrics?.close();
  await colloquy.close();
}

async function together(read: () => Promise<SettingsInput>, count: number): Promise<void> {
  const stopped = untilStopped();
  const settings = await read();
  await prepareForNodes(settings);
  const nodes = startNodes(count, settings);
  const url = await Promise.race([nodes.ready, stopped]);
  const metrics = url === undefined ? null : await showMetrics(settings, nodes);
  if (url !== undefined) announce(`${url} with ${count} nodes`, settings, metrics);
  await stopped;
  await metrics?.close();
  await nodes.stop();
}

/** Those of all nodes, summed. */
function showMetrics(settings: SettingsInput, { readings }: Nodes): Promise<MetricsListener | null> {
  return serveMetrics(checkSettings(settings).metrics, async () => textOf(await readings()));
}

/** In one line, with all that may surprise. */
function announce(where: string, { auth }: SettingsInput, metrics: MetricsListener | null): void {
  const parts = [
    `Colloquy listens on ${where}`,
    ...(auth?.dev ? ["believes X-User-Id"] : []),
    ...(metrics === null ? [] : [`shows metrics at ${metrics.url}`]),
  ];
  say(parts.join(" and "));
}
