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
 * An answer that is JSON already, where it shares large parts with others: these are made once. Who makes it answers
 * for its shape, which the route's schema only documents.
 */
export class JsonText {
  readonly text: string | Buffer;

  constructor(text: string | Buffer) {
    this.text = text;
  }
}
