import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { RawData, WebSocket } from "ws";
import type { Settings } from "../settings.ts";
import { openTokenBucket } from "./tokenBucket.ts";

/** The longest frame that a client may send, in bytes. */
export const LONGEST_FRAME = 65_536;

/** Seconds' worth of frames that may come at once: a client may mark hundreds of messages as read when it comes back. */
const BURST = 10;

/** The frames of a client, until somebody carries them out. */
export interface Inbox {
  /** Carries out the frames that have come and will come, one after the other, in the order in which they came. */
  open(carryOut: (raw: RawData) => Promise<void>): void;
}

/**
 * Takes what a client sends, and counts all of it from the first byte on: frames, pings and pongs by their number, the
 * bytes as they come off the network, so that those of unfinished frames count as well. `onFlood` is called, once,
 * where it is more than the limits allow; from then on nothing is taken any more. What waits here is never more than
 * may come at once, and it is dropped when the socket closes.
 *
 * The stream is only paused when so much waits, not during each frame: a paused stream does not notice that its client
 * has gone.
 */
export function openInbox(
  socket: WebSocket,
  stream: Duplex,
  { framesPerSecond, frameBytesPerSecond }: Settings["limits"],
  onFlood: () => void,
): Inbox {
  const mostFrames = framesPerSecond * BURST;
  const mostBytes = Math.max(frameBytesPerSecond * BURST, 2 * LONGEST_FRAME);
  const frames = openTokenBucket(framesPerSecond, mostFrames);
  const bytes = openTokenBucket(frameBytesPerSecond, mostBytes);
  const waiting: RawData[] = [];
  let waitingBytes = 0;
  let carryOut: ((raw: RawData) => Promise<void>) | null = null;
  let isWorking = false;
  let isOver = false;

  function end(): void {
    isOver = true;
    waiting.length = 0;
    stream.off("data", countBytes);
  }

  function count(isAllowed: boolean): boolean {
    if (isOver) return false;
    if (!isAllowed) {
      end();
      onFlood();
    }
    return isAllowed;
  }

  function countBytes(chunk: Buffer): void {
    count(bytes.take(chunk.length));
  }

  async function work(carry: (raw: RawData) => Promise<void>): Promise<void> {
    isWorking = true;
    for (let raw = waiting.shift(); raw !== undefined; raw = waiting.shift()) {
      waitingBytes -= lengthOf(raw);
      if (socket.isPaused && !isFull()) socket.resume();
      await carry(raw);
      // The embedded database answers in this process: without a pause nobody else would have a turn.
      await turn();
    }
    isWorking = false;
  }

  const isFull = () => waiting.length >= mostFrames || waitingBytes >= mostBytes;

  // Before `ws` reads a chunk, so that a flood ends before its frames are looked at.
  stream.prependListener("data", countBytes);
  socket.on("ping", (data) => {
    if (count(frames.take(1))) socket.pong(data);
  });
  socket.on("pong", () => void count(frames.take(1)));
  socket.on("message", (raw) => {
    if (!count(frames.take(1)) || socket.readyState !== socket.OPEN) return;
    waiting.push(raw);
    waitingBytes += lengthOf(raw);
    if (isFull()) socket.pause();
    if (carryOut !== null && !isWorking) void work(carryOut);
  });
  // A client that says goodbye wants nothing more, though the connection ends only when it has been answered.
  socket.once("close", end);

  return {
    open(carry) {
      carryOut = async (raw) => {
        if (socket.readyState === socket.OPEN) await carry(raw);
      };
      if (!isWorking) void work(carryOut);
    },
  };
}

function lengthOf(raw: RawData): number {
  return Array.isArray(raw) ? raw.reduce((sum, part) => sum + part.length, 0) : raw.byteLength;
}
