import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricsText } from "../metrics/readings.ts";
import type { Settings } from "../settings.ts";

export interface MetricsListener {
  url: string;
  close(): Promise<void>;
}

/**
 * Answers `GET /metrics`, and nothing else, at an address of its own. Null where that is not wanted or the address
 * cannot be had: a server is worth more than its metrics, so it says so and goes on without.
 */
export async function serveMetrics(
  { serve, host, port }: Settings["metrics"],
  read: () => Promise<MetricsText>,
): Promise<MetricsListener | null> {
  if (!serve) return null;
  // What is measured of the process begins with the first look.
  await read();
  const server = createServer(answering(read));
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    process.stderr.write(`${refusal(error as NodeJS.ErrnoException, host, port)}\n`);
    return null;
  }
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/metrics`,
    close: () => closed(server),
  };
}

function answering(read: () => Promise<MetricsText>): RequestListener {
  return ({ method, url }, response) => {
    const isMetrics = method === "GET" && URL.parse(url ?? "/", "http://host")?.pathname === "/metrics";
    if (!isMetrics) return void response.writeHead(404).end();
    read().then(
      ({ contentType, text }) => response.writeHead(200, { "content-type": contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}

function refusal({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const why = code === "EADDRINUSE" ? `port ${port} of ${host} is in use` : message;
  return `Metrics are not served: ${why}. Choose another address with COLLOQUY_METRICS_PORT or COLLOQUY_METRICS_HOST`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
