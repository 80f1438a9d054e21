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
        "for development, on a loopback address only: trust X-User-Id, let unpublished schemas run, create accounts 1 (superuser), 2 and 3, and serve the demo page at /",
    },
    nodes: {
      value: "N",
      description: "processes that serve as one, on PostgreSQL (default 1, at most 64)",
    },
  },
  details: `Prints its URL, and that of its metrics, on one line when it is ready.
SIGTERM and SIGINT stop it after the requests under way.
Tokens are signed with auth.secret; without one, a secret is kept with the embedded database.
Of several nodes, one that exits unexpectedly is replaced.`,
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
    ...(auth?.dev ? ["trusts X-User-Id"] : []),
    ...(metrics === null ? [] : [`serves metrics at ${metrics.url}`]),
  ];
  say(parts.join(" and "));
}
