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
