import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Core } from "../core.ts";
import type { Caller } from "../http/caller.ts";
import { toToken } from "./bookmark.ts";
import { carryOut, FrameError, RESYNC } from "./commands.ts";
import { endOf, type Frame, frameOf } from "./frame.ts";
import { openHeartbeat } from "./heartbeat.ts";
import { standingOf, tellRest, tellReturns } from "./resume.ts";
import { openSession, type Session } from "./session.ts";
import { writeText } from "./textFrame.ts";

/** Bytes that may wait for a slow reader before its connection is closed, and the longest frame it may send. */
const MOST_BUFFERED = 1_048_576;
const LONGEST_FRAME = 65_536;

/** Milliseconds that pushes are kept for a client that may first say where it broke off. */
const PATIENCE = 100;

const FAULT = 1011;
const GOING_AWAY = 1012;
const TRY_LATER = 1013;

export interface Sockets {
  /** Opens a socket for who asks, or refuses the request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Asks everybody to come back elsewhere, and waits until they have gone. */
  close(): Promise<void>;
}

/** Who asks for a socket; null for nobody. */
export type AuthenticateSocket = (request: IncomingMessage) => Promise<Caller | null>;

export function openSockets(
  core: Core,
  authenticate: AuthenticateSocket,
  onFault: (error: unknown) => void,
): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: LONGEST_FRAME,
    clientTracking: true,
    perMessageDeflate: false,
  });
  let isClosing = false;
  const { metrics } = core;
  /** Why we close a socket; for any other it is the client, or what lies between. */
  const reasons = new WeakMap<WebSocket, "slow_reader" | "heartbeat" | "going_away">();
  metrics.gauge("sockets_open", () => server.clients.size);
  metrics.gauge("sockets_buffered_bytes", () => {
    let bytes = 0;
    for (const socket of server.clients) bytes += socket.bufferedAmount;
    return bytes;
  });
  const heartbeat = openHeartbeat((socket) => {
    // One that does not read leaves the goodbye unanswered, too.
    if (!reasons.has(socket)) reasons.set(socket, "heartbeat");
    socket.terminate();
  });

  /** `stream` is what the socket was opened on. */
  async function serve(socket: WebSocket, stream: Duplex, user: Caller, token: string | null): Promise<void> {
    const write = (frame: Frame, event?: string) => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MOST_BUFFERED) {
        reasons.set(socket, "slow_reader");
        socket.close(TRY_LATER, "You read too slowly");
        return;
      }
      metrics.countOf("frames_pushed_total", frame.message);
      writeText(stream, frame.start.bytes, endOf(frame, event));
    };
    metrics.count("sockets_opened_total");
    socket.once("close", () => metrics.countOf("sockets_closed_total", reasons.get(socket) ?? "client"));
    heartbeat.add(socket);
    socket.on("error", () => socket.terminate());
    // Frames are carried out one after the other, in the order in which they came, once hello has been said.
    const greeted = Promise.withResolvers<void>();
    let previous = greeted.promise;
    let patience: NodeJS.Timeout | undefined;
    const limit = rateLimit(core.settings.limits.writingPerSecond);
    socket.on("message", (raw) => {
      previous = previous
        .then(() => {
          clearTimeout(patience);
          return receive(raw, session, limit);
        })
        .catch((error) => fail(socket, error));
    });

    const { now, since } = await standingOf(core, user, token);
    const session = openSession(user, now, write, core.hub.tidy);
    if (since !== null) await tellReturns(core, session, since);
    const disconnect = await core.hub.connect(session, since);
    if (socket.readyState !== socket.OPEN) disconnect();
    else socket.once("close", disconnect);
    const known = toToken(session.bookmark);
    const isVoid = token !== null && since === null;
    // Who breaks off before they are told to fetch anew must not come back as if they had.
    write(frameOf("hello", { user: user.id, event: isVoid ? token : known }));
    if (isVoid) write(RESYNC, known);
    if (since !== null) await tellRest(core, session, since);
    if (token !== null) session.release();
    else patience = setTimeout(session.release, PATIENCE).unref();
    greeted.resolve();
  }

  /** The client comes back, and is told what it missed. */
  function fail(socket: WebSocket, error: unknown): void {
    onFault(error);
    socket.close(FAULT, "Something failed here. Come back");
  }

  async function receive(raw: RawData, session: Session, limit: () => boolean): Promise<void> {
    const frame = parse(raw);
    const about = typeof frame?.message === "string" ? frame.message : null;
    try {
      if (frame === null) throw new FrameError("MALFORMED", 'A frame is {"message": name, "data": {…}}.');
      if (about === "thread_someone_is_writing" && !limit()) {
        metrics.countOf("rate_limited_total", "writing");
        throw new FrameError("TOO_MANY", "Too many of these. Slow down.");
      }
      await carryOut(core, session, frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      session.send(frameOf("error", { code: error.code, detail: error.message, about }));
    } finally {
      session.release();
    }
  }

  return {
    upgrade(request, socket, head) {
      if (isClosing) return refuse(socket, 503, "Service Unavailable");
      authenticate(request).then(
        (user) => {
          if (isClosing) refuse(socket, 503, "Service Unavailable");
          else if (user === null) refuse(socket, 401, "Unauthorized");
          else
            server.handleUpgrade(request, socket, head, (opened) =>
              serve(opened, socket, user, sinceOf(request)).catch((error) => fail(opened, error)),
            );
        },
        (error) => {
          onFault(error);
          refuse(socket, 500, "Internal Server Error");
        },
      );
    },
    async close() {
      isClosing = true;
      heartbeat.stop();
      const gone = [...server.clients].map((socket) => {
        if (!reasons.has(socket)) reasons.set(socket, "going_away");
        return closed(socket);
      });
      await Promise.all(gone);
      server.close();
    },
  };
}

/** `/ws?since=TOKEN`: what was missed comes right after hello. */
function sinceOf({ url }: IncomingMessage): string | null {
  return URL.parse(url ?? "/", "http://host")?.searchParams.get("since") ?? null;
}

/** Closes a socket politely, and after a second without manners. */
function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), 1_000);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close(GOING_AWAY, "The server restarts");
  });
}

export function refuse(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function parse(raw: RawData): { message: unknown; data?: unknown } | null {
  try {
    const frame: unknown = JSON.parse(String(raw));
    return typeof frame === "object" && frame !== null && "message" in frame ? frame : null;
  } catch {
    return null;
  }
}

/** Lets so many through each second. */
function rateLimit(perSecond: number): () => boolean {
  let second = 0;
  let count = 0;
  return () => {
    const now = Math.floor(Date.now() / 1_000);
    count = now === second ? count + 1 : 1;
    second = now;
    return count <= perSecond;
  };
}
