/** An answer other than a plain 200. */
export class Reply {
  readonly status: number;
  readonly value: unknown;
  readonly headers: Record<string, string>;

  constructor(status: number, value: unknown, headers: Record<string, string>) {
    this.status = status;
    this.value = value;
    this.headers = headers;
  }
}

/**
 * `reply(201, thread)`, `reply(204)`. With a `content-type` among the headers the value is sent as it is:
 * text, a buffer or a stream.
 */
export function reply(status: number, value?: unknown, headers: Record<string, string> = {}): Reply {
  return new Reply(status, value, headers);
}

/**
 * An answer that is JSON already, for lists whose items share large parts: these are made once. Who makes it answers
 * for its shape, which the route's schema only documents.
 */
export class JsonBytes {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}
