import { Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** Milliseconds after which connections over which nothing comes are closed. */
const LAST_CALL = 250;
/** Milliseconds for requests under way; what hangs then, as a client without a network does, is cut off. */
const LAST_WORDS = 10_000;

/** How a listener of our own ends while a proxy sends requests to it. */
export interface Drain {
  /** Whether it has begun. */
  isDraining(): boolean;
  /** Serves for so many seconds more, in which the proxy may notice; then takes no more connections. */
  begin(seconds: number): Promise<void>;
  /** Waits until all connections have ended. */
  done(): Promise<void>;
}

/**
 * A proxy that cannot connect asks another node. Over a connection that is open, it may just be sending a request: were
 * idle ones closed at once, as Node's server does it, some would break, and no proxy sends a POST twice. So each answer
 * is the last of its connection, and only those that stay idle are closed.
 */
export function openDrain(app: FastifyInstance): Drain {
  let isDraining = false;
  let ended: Promise<void> | null = null;
  app.addHook("onSend", (_request, out, payload, done) => {
    if (ended !== null) out.header("connection", "close");
    done(null, payload);
  });
  return {
    isDraining: () => isDraining,
    async begin(seconds) {
      const { server } = app;
      // A host's listener is the host's to end.
      if (!server.listening) return;
      isDraining = true;
      if (seconds > 0) await sleep(seconds * 1_000);
      // What `close` of Node's HTTP server does beside this is to close idle connections.
      ended = new Promise((resolve) => void Server.prototype.close.call(server, () => resolve()));
    },
    async done() {
      if (ended === null) return;
      const idle = setInterval(() => app.server.closeIdleConnections(), LAST_CALL);
      const all = setTimeout(() => app.server.closeAllConnections(), LAST_WORDS);
      await ended;
      clearInterval(idle);
      clearTimeout(all);
    },
  };
}
