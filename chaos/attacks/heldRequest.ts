import { type ClientRequest, request } from "node:http";

/** A request whose headers have been sent, and the first half of its body. */
export interface HeldRequest {
  /** Sends the other half. */
  finish(): void;
  /** Its status; null where it was cut off. */
  answered: Promise<number | null>;
  /** Whether the other side has answered it or hung up. */
  isReleased(): boolean;
  abort(): void;
}

export interface Wanted {
  method: string;
  path: string;
  body: object;
  headers?: Record<string, string>;
}

/** Begins a request to a path below `/api`, over a connection of its own. */
export function holdRequest(
  address: string,
  token: string,
  { method, path, body, headers }: Wanted,
): HeldRequest {
  const bytes = Buffer.from(JSON.stringify(body));
  const half = Math.floor(bytes.length / 2);
  const asked: ClientRequest = request(`${address}/api${path}`, {
    method,
    agent: false,
    headers: {
      ...headers,
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": bytes.length,
    },
  });
  let isReleased = false;
  const answered = new Promise<number | null>((resolve) => {
    asked.once("response", (response) => {
      isReleased = true;
      response.resume();
      response.once("close", () => resolve(response.statusCode ?? null));
    });
    asked.once("close", () => {
      isReleased = true;
      resolve(null);
    });
  });
  // Told of by `close`.
  asked.on("error", () => {});
  asked.write(bytes.subarray(0, half));
  return {
    finish: () => void asked.end(bytes.subarray(half)),
    answered,
    isReleased: () => isReleased,
    abort: () => void asked.destroy(),
  };
}
