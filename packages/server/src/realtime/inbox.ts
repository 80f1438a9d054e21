import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { RawData, WebSocket } from "ws";
import { TokenBucket } from "./tokenBucket.ts";

/** The longest frame that a client may send, in bytes. */
export const LONGEST_FRAME = 65_536;

/** Seconds' worth of frames that may come at once: a client may mark hundreds of messages as read when it comes back. */
const BURST = 10;

/**
 * Takes what a client sends, and counts all of it from the first byte on: frames, pings and pongs by their number, the
 * bytes as they come off the network, so that those of unfinished frames count as well. `onFlood` is called, once,
 * where it is more than the limits allow; from then on nothing is taken any more. What waits here is never more than
 * may come at once, and it is dropped when the socket closes.
 *
 * The stream is only paused when so much waits, not during each frame: a paused stream does not notice that its client
 * has gone.
 */
export class Inbox {
  readonly #socket: WebSocket;
  readonly #mostFrames: number;
  readonly #mostBytes: number;
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #onFlood: () => void;
  #waiting: RawData[] = [];
  #waitingBytes = 0;
  #carryOut: ((raw: RawData) => Promise<void>) | null = null;
  #isWorking = false;
  #isOver = false;

  constructor(
    socket: WebSocket,
    stream: Duplex,
    { framesPerSecond, frameBytesPerSecond }: { framesPerSecond: number; frameBytesPerSecond: number },
    onFlood: () => void,
  ) {
    this.#socket = socket;
    this.#mostFrames = framesPerSecond * BURST;
    this.#mostBytes = Math.max(frameBytesPerSecond * BURST, 2 * LONGEST_FRAME);
    this.#frames = new TokenBucket(framesPerSecond, this.#mostFrames);
    this.#bytes = new TokenBucket(frameBytesPerSecond, this.#mostBytes);
    this.#onFlood = onFlood;
    // Before `ws` reads a chunk, so that a flood ends before its frames are looked at.
    stream.prependListener("data", (chunk: Buffer) => void this.#count(this.#bytes.take(chunk.length)));
    socket.on("ping", (data) => {
      if (this.#count(this.#frames.take(1))) socket.pong(data);
    });
    socket.on("pong", () => void this.#count(this.#frames.take(1)));
    socket.on("message", (raw) => this.#take(raw));
    socket.once("close", () => this.#end());
  }

  /**
   * Carries out the frames that have come and will come, one after the other, in the order in which they came.
   * `carryOut` must not throw.
   */
  open(carryOut: (raw: RawData) => Promise<void>): void {
    this.#carryOut = carryOut;
    if (this.#waiting.length > 0) void this.#work(carryOut);
  }

  #take(raw: RawData): void {
    // A client that says goodbye wants nothing more, though the connection ends only when it has been answered.
    if (!this.#count(this.#frames.take(1)) || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#waiting.push(raw);
    this.#waitingBytes += lengthOf(raw);
    if (this.#isFull()) this.#socket.pause();
    if (this.#carryOut !== null && !this.#isWorking) void this.#work(this.#carryOut);
  }

  async #work(carryOut: (raw: RawData) => Promise<void>): Promise<void> {
    this.#isWorking = true;
    for (let raw = this.#waiting.shift(); raw !== undefined; raw = this.#waiting.shift()) {
      this.#waitingBytes -= lengthOf(raw);
      if (this.#socket.isPaused && !this.#isFull()) this.#socket.resume();
      if (this.#socket.readyState === this.#socket.OPEN) await carryOut(raw);
      // The embedded database answers in this process: without a pause nobody else would have a turn.
      await turn();
    }
    this.#isWorking = false;
  }

  #isFull(): boolean {
    return this.#waiting.length >= this.#mostFrames || this.#waitingBytes >= this.#mostBytes;
  }

  /** Whether what came is still taken. */
  #count(isAllowed: boolean): boolean {
    if (this.#isOver) return false;
    if (isAllowed) return true;
    this.#end();
    this.#onFlood();
    return false;
  }

  #end(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

function lengthOf(raw: RawData): number {
  return Array.isArray(raw) ? raw.reduce((sum, part) => sum + part.length, 0) : raw.byteLength;
}
