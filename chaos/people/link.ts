import type { Push } from "@colloquy/protocol";
import { WebSocket } from "ws";

/** Milliseconds until a handshake, a first frame or the sign of life after a ping is no longer waited for. */
const PATIENCE = 4_000;
const HEARTBEAT = 1_000;

/** One connection of a device. */
export interface Link {
  send(frame: object): void;
  /** As when the network goes away, or with a closing handshake. */
  drop(politely: boolean): void;
  /** It is well: whoever is not well in time is cut off. */
  isWell(): void;
  /** Stops or goes on reading what comes. */
  read(reads: boolean): void;
  /** The code with which it ended. */
  closed: Promise<number>;
}

/** Opens a connection; `heard` gets its frames until it is closed. */
export function openLink(url: string, token: string, heard: (frame: Push, link: Link) => void): Link {
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}`, date: new Date().toUTCString() },
    handshakeTimeout: PATIENCE,
  });
  const late = setTimeout(() => socket.terminate(), 2 * PATIENCE);
  let silentFor = 0;
  let isReading = true;
  const heartbeat = setInterval(() => {
    if (!isReading || socket.readyState !== socket.OPEN) return;
    silentFor += HEARTBEAT;
    if (silentFor > PATIENCE) socket.terminate();
    else socket.ping();
  }, HEARTBEAT);
  const isHeard = () => {
    silentFor = 0;
  };
  socket.on("pong", isHeard);
  socket.on("ping", isHeard);
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    isHeard();
    heard(JSON.parse(String(data)) as Push, link);
  });
  const closed = new Promise<number>((resolve) => {
    socket.on("close", (code) => {
      clearTimeout(late);
      clearInterval(heartbeat);
      resolve(code);
    });
  });

  const link: Link = {
    send: (frame) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
    },
    drop(politely) {
      if (politely) socket.close(1000);
      else socket.terminate();
    },
    isWell: () => clearTimeout(late),
    read(reads) {
      isReading = reads;
      isHeard();
      if (socket.readyState !== socket.OPEN) return;
      if (reads) socket.resume();
      else socket.pause();
    },
    closed,
  };
  return link;
}
