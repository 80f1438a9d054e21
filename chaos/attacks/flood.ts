import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";

/** One burst: frames of one kind or of all, right after the 101 or once `hello` has come. */
export interface Burst {
  kind: FrameKind | "all";
  isEarly: boolean;
}

const KINDS = ["unknown", "malformed", "large", "read", "writing", "resume"] as const;
export type FrameKind = (typeof KINDS)[number];

export const BURSTS: readonly Burst[] = [...KINDS, "all" as const].flatMap((kind) =>
  [true, false].map((isEarly) => ({ kind, isEarly })),
);

/** Frames of a burst. */
const MANY = 20_000;
/** Bytes that are written at once. */
const PIECE = 1 << 20;
/** Milliseconds until a connection is cut by which all was sent and which is open still, and one that takes no more. */
const LINGERS = 2_000;
const PATIENCE = 20_000;

/** What frames are of: a message that the flooder may read, in a thread of theirs. */
export interface Ground {
  thread: number;
  message: number;
}

/** Sends a burst over a socket of its own. Answers with which code that ended. */
export async function flood(
  address: string,
  token: string,
  { kind, isEarly }: Burst,
  ground: Ground,
): Promise<number> {
  const kinds = kind === "all" ? KINDS : [kind];
  const frames = kinds.map((one) => masked(textOf(one, ground)));
  const socket = new WebSocket(`${address.replace("http", "ws")}/ws`, {
    headers: { authorization: `Bearer ${token}` },
  });
  socket.on("error", () => socket.terminate());
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const stream = new Promise<Socket>((resolve) => {
    socket.once("upgrade", ({ socket: opened }) => {
      if (isEarly) resolve(opened);
      else socket.once("message", () => resolve(opened));
    });
  });
  const opened = await Promise.race([stream, closed, sleep(PATIENCE)]);
  if (typeof opened === "object") {
    await Promise.race([pour(opened, frames), closed, sleep(PATIENCE)]);
    await Promise.race([closed, sleep(LINGERS)]);
  }
  socket.terminate();
  return closed;
}

/** Writes as many frames as a burst has, one kind after the other, no faster than the other side takes them. */
async function pour(stream: Socket, frames: readonly Buffer[]): Promise<void> {
  const bytes = frames.reduce((sum, { length }) => sum + length, 0);
  const rounds = Math.max(1, Math.floor(Math.min(PIECE / bytes, MANY / frames.length)));
  const piece = Buffer.concat(Array.from({ length: rounds }, () => frames).flat());
  for (let sent = 0; sent < MANY && stream.writable; sent += rounds * frames.length)
    await new Promise<unknown>((resolve) => stream.write(piece, resolve));
}

function textOf(kind: FrameKind, { thread, message }: Ground): string {
  switch (kind) {
    case "unknown":
      return JSON.stringify({ message: "nothing", data: {} });
    case "malformed":
      return "{";
    case "large":
      return JSON.stringify({ message: "nothing", data: { filler: "x".repeat(60_000) } });
    case "read":
      return JSON.stringify({ message: "mark_message_as_read", data: { message } });
    case "writing":
      return JSON.stringify({ message: "thread_someone_is_writing", data: { thread, length: 1_000 } });
    case "resume":
      return JSON.stringify({ message: "resume", data: { since: "none" } });
  }
}

/** A text frame (RFC 6455, 5.2) whose mask is all zeros, so that its bytes can be written again and again. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const size =
    length < 126 ? Buffer.from([0x80 | length]) : Buffer.from([0x80 | 126, length >> 8, length & 255]);
  return Buffer.concat([Buffer.from([0x81]), size, Buffer.alloc(4), payload]);
}
