import type { Duplex } from "node:stream";
import type { Pushes } from "@colloquy/protocol";

/** A push as text. What many are told alike is made once: its start. */
export interface Frame {
  message: keyof Pushes;
  start: Start;
  /** What follows the start of the data. */
  rest: string;
}

/** The start of frames, whose bytes are made once for all of them. */
export class Start {
  readonly text: string;
  #bytes: Buffer | null = null;

  /** @param data JSON of the frame's data, or the start of it */
  constructor(message: keyof Pushes, data: string) {
    this.text = `{"message":"${message}","data":${data}`;
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.text);
    return this.#bytes;
  }
}

export function frameOf<Name extends keyof Pushes>(message: Name, data: Pushes[Name]): Frame {
  return { message, start: new Start(message, JSON.stringify(data)), rest: "" };
}

/** What is sent after a frame's start. `event` is the token to come back with, for what comes from the log. */
export function endOf({ rest }: Frame, event?: string): string {
  return event === undefined ? `${rest}}` : `${rest},"event":"${event}"}`;
}

/** As it is sent. */
export function toText(frame: Frame, event?: string): string {
  return frame.start.text + endOf(frame, event);
}

/** The last frame of a message that is text (RFC 6455, 5.2); a server's frames are not masked. */
const FINAL_TEXT = 0x81;
const IN_2_BYTES = 126;
const IN_8_BYTES = 127;

/** Bytes: a copy of a longer start costs more than to write it by itself, as it is. */
const WORTH_COPYING = 4_000;

/**
 * Writes a message to a socket that `ws` has opened, from a start that is encoded already and its end. `ws` would encode
 * each message anew, and write a small one in two parts. The connection must be open, and compress nothing, so that `ws`
 * is never in the middle of another message.
 */
export function writeText(stream: Duplex, start: Buffer, end: string): void {
  const length = start.length + Buffer.byteLength(end);
  const head = length < IN_2_BYTES ? 2 : length <= 0xffff ? 4 : 10;
  const isCopied = start.length < WORTH_COPYING;
  const frame = Buffer.allocUnsafe(head + (isCopied ? length : 0));
  frame[0] = FINAL_TEXT;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = IN_2_BYTES;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = IN_8_BYTES;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (isCopied) {
    frame.set(start, head);
    frame.write(end, head + start.length);
    stream.write(frame);
    return;
  }
  stream.cork();
  stream.write(frame);
  stream.write(start);
  stream.write(Buffer.from(end));
  stream.uncork();
}
