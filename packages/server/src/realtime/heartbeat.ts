import type { WebSocket } from "ws";

/** Milliseconds between two pings of a socket; who has not answered the last one is gone. */
const INTERVAL = 30_000;
/** Sockets take turns within it: to ping thousands at once would keep everybody else waiting. */
const TURNS = 100;

/** Finds out which connections are dead. */
export interface Heartbeat {
  /** Pings a socket from now on, until it is closed. */
  add(socket: WebSocket): void;
  stop(): void;
}

export function openHeartbeat(onDead: (socket: WebSocket) => void): Heartbeat {
  const turns = Array.from({ length: TURNS }, () => new Set<WebSocket>());
  const alive = new WeakSet<WebSocket>();
  let added = 0;
  let turn = 0;

  const timer = setInterval(() => {
    turn = (turn + 1) % TURNS;
    for (const socket of turns[turn]!) {
      // What a paused one has answered is not read yet.
      if (alive.delete(socket) || socket.isPaused) socket.ping();
      else onDead(socket);
    }
  }, INTERVAL / TURNS);
  timer.unref();

  return {
    add(socket) {
      added += 1;
      const own = turns[added % TURNS]!;
      own.add(socket);
      alive.add(socket);
      socket.on("pong", () => alive.add(socket));
      socket.once("close", () => own.delete(socket));
    },
    stop: () => clearInterval(timer),
  };
}
