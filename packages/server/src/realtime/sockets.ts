import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { ApiError, type Commands, texts, type UserId } from "@colloquy/protocol";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { DatabaseUnavailable } from "../database/database.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { toToken } from "./bookmark.ts";
import { type Command, commandOf, commandsByName, FrameError } from "./command.ts";
import { endOf, frameOf, writeText } from "./frame.ts";
import { openHeartbeat } from "./heartbeat.ts";
import type { Hub } from "./hub.ts";
import { type Authenticated, Identity, userOf } from "./identity.ts";
import { Inbox, LONGEST_FRAME } from "./inbox.ts";
import { type StandingDeps, standingOf } from "./resume.ts";
import { RESYNC, resumeCommand } from "./resumeCommand.ts";
import { type Outlet, openSession, type Session } from "./session.ts";
import { TokenBucket } from "./tokenBucket.ts";

/** What clients may send, by the protocol. */
const COMMAND_NAMES = Object.keys({
  mark_message_as_read: true,
  thread_someone_is_writing: true,
  resume: true,
} satisfies Record<keyof Commands, true>) as (keyof Commands)[];

type Reason = "slow_reader" | "heartbeat" | "going_away" | "flood" | "unknown_user" | "fault";

/** Bytes that may wait for a slow reader before its connection is closed. */
const MOST_BUFFERED = 1_048_576;
/** Bytes that wait for a reader above which nothing of what it missed is added. */
const ENOUGH_BUFFERED = 262_144;

/** Parts of one message, and of a frame as the network brings it: honest clients need few. */
const MOST_FRAGMENTS = 128;
const MOST_CHUNKS = 1_024;

/** Milliseconds that pushes are kept for a client that may first say where it broke off. */
const PATIENCE = 100;
/** Milliseconds in which it must be known who opens a socket. */
const OPENING = 10_000;
/** Milliseconds that a client has to read why it is cut off. */
const LAST_WORDS = 1_000;

const NOT_ALLOWED = 1008;
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
export type AuthenticateSocket = (request: IncomingMessage) => Promise<Authenticated | null>;

/** What it takes to serve sockets. */
export interface SocketDeps extends StandingDeps {
  hub: Hub;
  metrics: Metrics;
  settings: {
    limits: {
      framesPerSecond: number;
      frameBytesPerSecond: number;
      socketsPerUser: number;
      writingPerSecond: number;
    };
  };
  /** What clients may send. */
  commands: readonly Command[];
  authenticate: AuthenticateSocket;
  /** Whether whoever asks may ask for one more now. */
  mayAsk(request: IncomingMessage): Promise<boolean>;
  /** Milliseconds for which it is believed who somebody is. */
  believed: number;
  onFault(error: unknown): void;
}

export function openSockets(deps: SocketDeps): Sockets {
  const { authenticate, believed, hub, mayAsk, metrics, onFault, settings } = deps;
  const commands = commandsByName([...deps.commands, resumeCommand(deps)], COMMAND_NAMES);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: LONGEST_FRAME,
    maxFragments: MOST_FRAGMENTS,
    maxBufferedChunks: MOST_CHUNKS,
    // Pings are counted like all frames, and then answered.
    autoPong: false,
    clientTracking: true,
    perMessageDeflate: false,
  });
  let isClosing = false;
  /** How many sockets people have. */
  const open = new Map<UserId, number>();
  /** Why we close a socket; for any other it is the client, or what lies between. */
  const reasons = new WeakMap<WebSocket, Reason>();
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

  /** Says goodbye to a client, who may come back or not. */
  function close(socket: WebSocket, reason: Reason, code: number, words: string): void {
    if (!reasons.has(socket)) reasons.set(socket, reason);
    socket.close(code, words);
  }

  /** Says goodbye, and reads nothing of the client's any more. */
  function cutOff(socket: WebSocket, reason: Reason, words: string): void {
    close(socket, reason, NOT_ALLOWED, words);
    socket.pause();
    setTimeout(() => socket.terminate(), LAST_WORDS).unref();
  }

  /** The client comes back, and is told what it missed. */
  function fail(socket: WebSocket, error: unknown): void {
    onFault(error);
    close(socket, "fault", FAULT, "Internal error. Reconnect");
  }

  const tooSlow = (socket: WebSocket) =>
    close(socket, "slow_reader", TRY_LATER, "The client reads too slowly");

  /** What a session writes to its socket; `stream` is what that was opened on. */
  function outletOf(socket: WebSocket, stream: Duplex, overflow: () => void): Outlet {
    /** Of the frames that may still wait: one that is longer than the bound makes nobody a slow reader. */
    let longest = 0;
    const isFull = () => socket.bufferedAmount >= ENOUGH_BUFFERED;
    return {
      write(frame, event) {
        if (socket.readyState !== socket.OPEN) return;
        const waiting = socket.bufferedAmount;
        if (waiting > MOST_BUFFERED + longest) return tooSlow(socket);
        metrics.countOf("frames_pushed_total", frame.message);
        const end = endOf(frame, event);
        writeText(stream, frame.start.bytes, end);
        longest = Math.max(waiting === 0 ? 0 : longest, frame.start.bytes.length + end.length);
      },
      isFull,
      async ready() {
        const isOpen = () => socket.readyState === socket.OPEN && !stream.destroyed;
        while (isOpen() && isFull()) await drained(stream);
        return isOpen();
      },
      overflow,
      fail: (error) => fail(socket, error),
    };
  }

  async function serve(
    socket: WebSocket,
    stream: Duplex,
    who: Authenticated,
    token: string | null,
  ): Promise<void> {
    metrics.count("sockets_opened_total");
    countOpen(who.user.id, 1);
    socket.once("close", () => {
      countOpen(who.user.id, -1);
      metrics.countOf("sockets_closed_total", reasons.get(socket) ?? "client");
    });
    heartbeat.add(socket);
    // A frame that breaks the protocol: `ws` has said goodbye.
    socket.on("error", () => void setTimeout(() => socket.terminate(), LAST_WORDS).unref());
    // From the first frame on, though none is carried out before hello has been said.
    const inbox = new Inbox(socket, stream, settings.limits, () => {
      metrics.countOf("rate_limited_total", "frames");
      cutOff(socket, "flood", "The client sends too much");
    });
    const identity = new Identity(who, believed, (fault) => {
      if (fault === null) cutOff(socket, "unknown_user", "The user no longer exists");
      else fail(socket, fault);
    });

    const { now, since } = await standingOf(deps, who.user, token);
    let isGreeted = false;
    const outlet = outletOf(socket, stream, () => (isGreeted ? session.release() : tooSlow(socket)));
    const session = openSession(identity, now, outlet, hub.tidy);
    const { start, disconnect } = await hub.connect(session, since);
    if (socket.readyState !== socket.OPEN) return disconnect();
    socket.once("close", disconnect);
    const known = toToken(session.bookmark);
    const isVoid = token !== null && since === null;
    // Who breaks off before they are told to fetch anew must not come back as if they had.
    outlet.write(frameOf("hello", { user: who.user.id, event: isVoid ? token : known }));
    if (isVoid) outlet.write(RESYNC, known);
    isGreeted = true;
    if (token !== null) session.release();
    const patience = token === null ? setTimeout(session.release, PATIENCE).unref() : undefined;
    start();
    const { writingPerSecond } = settings.limits;
    let writing: TokenBucket | null = null;
    const mayWrite = () => {
      writing ??= new TokenBucket(writingPerSecond, writingPerSecond);
      return writing.take(1);
    };
    inbox.open(async (raw) => {
      clearTimeout(patience);
      await receive(raw, session, mayWrite).catch((error) => fail(socket, error));
    });
  }

  function countOpen(user: UserId, change: number): void {
    const count = (open.get(user) ?? 0) + change;
    if (count === 0) open.delete(user);
    else open.set(user, count);
  }

  async function receive(raw: RawData, session: Session, mayWrite: () => boolean): Promise<void> {
    const frame = parse(raw);
    const about = typeof frame?.message === "string" ? frame.message : null;
    try {
      if (frame === null) throw new FrameError("MALFORMED", 'A frame is {"message": name, "data": {…}}.');
      if (about === "thread_someone_is_writing" && !mayWrite()) {
        metrics.countOf("rate_limited_total", "writing");
        throw new FrameError("TOO_MANY", "Too many frames of this kind. Slow down.");
      }
      const { command, data } = commandOf(commands, frame);
      const sender = await userOf([session]);
      if (sender !== null) await command.handle(sender, data, session);
    } catch (error) {
      // Who was told half of what they missed comes back for all of it.
      if (error instanceof DatabaseUnavailable && about !== "resume") {
        onFault(error);
        session.send(frameOf("error", { code: "UNAVAILABLE", detail: texts.unavailable, about }));
        return;
      }
      if (!(error instanceof FrameError)) throw error;
      session.send(frameOf("error", { code: error.code, detail: error.message, about }));
    } finally {
      session.release();
    }
  }

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (!(await mayAsk(request))) return refuse(socket, 429, "Too Many Requests", RETRY_AFTER);
    const late = setTimeout(() => refuse(socket, 503, "Service Unavailable", RETRY_AFTER), OPENING);
    const who = await authenticate(request).finally(() => clearTimeout(late));
    // It may have been refused meanwhile, or its client have gone.
    if (socket.destroyed || socket.writableEnded) return;
    if (isClosing) return refuse(socket, 503, "Service Unavailable", RETRY_AFTER);
    if (who === null) return refuse(socket, 401, "Unauthorized");
    if ((open.get(who.user.id) ?? 0) >= settings.limits.socketsPerUser) {
      metrics.countOf("rate_limited_total", "sockets");
      return refuse(socket, 429, "Too Many Requests", RETRY_AFTER);
    }
    server.handleUpgrade(request, socket, head, (opened) =>
      serve(opened, socket, who, sinceOf(request)).catch((error) => fail(opened, error)),
    );
  }

  return {
    upgrade(request, socket, head) {
      if (isClosing) return refuse(socket, 503, "Service Unavailable", RETRY_AFTER);
      admit(request, socket, head).catch((error) => {
        onFault(error);
        if (isUnavailable(error)) refuse(socket, 503, "Service Unavailable", RETRY_AFTER);
        else refuse(socket, 500, "Internal Server Error");
      });
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

/** Whether asking again later may help. */
function isUnavailable(error: unknown): boolean {
  return error instanceof DatabaseUnavailable || (error instanceof ApiError && error.status === 503);
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

const RETRY_AFTER = "Retry-After: 5\r\n";

/** Answers a request for a socket that is not opened. `headers` end in a line break. */
export function refuse(socket: Duplex, status: number, reason: string, headers = ""): void {
  if (socket.writableEnded) return;
  // Nobody else listens to this connection any more: a client that leaves it open must not keep it.
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\n${headers}Content-Length: 0\r\n\r\n`);
}

/** Waits until a stream has written all that waits in it, or is closed. */
function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.once("drain", done);
    stream.once("close", done);
    if (!stream.writableNeedDrain) setImmediate(done);
  });
}

function parse(raw: RawData): { message: unknown; data?: unknown } | null {
  try {
    const frame: unknown = JSON.parse(String(raw));
    return typeof frame === "object" && frame !== null && "message" in frame ? frame : null;
  } catch {
    return null;
  }
}
