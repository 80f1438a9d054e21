import { ApiError } from "@colloquy/protocol";
import { Refusal } from "./failures.ts";
import type { Server } from "./server.ts";

/** What a server answers below its prefix, of which only the head has come. @throws ApiError, Refusal */
export async function requestOf(
  { url, headers }: Server,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const json =
    body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { ...headers, "content-type": "application/json" } };
  const response = await fetch(url + path, { method, headers, redirect: "manual", ...json }).catch(
    (error) => {
      throw new Refusal(`Cannot reach ${url}: ${reasonOf(error)}`);
    },
  );
  if (response.ok) return response;
  const { status } = response;
  if (status >= 300 && status < 400)
    throw new Refusal(`${url} is elsewhere: give --server ${response.headers.get("location")}`);
  throw refusalOf(url, status, Object(await jsonOf(url, response)));
}

/** The JSON that a server answers. @throws ApiError, Refusal */
export async function askServer<Answer>(
  server: Server,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return (await jsonOf(server.url, await requestOf(server, method, path, body))) as Answer;
}

async function jsonOf(url: string, response: Response): Promise<unknown> {
  const text = await response.text().catch((error) => {
    throw new Refusal(`The connection to ${url} was lost: ${reasonOf(error)}`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(`${url} answers ${response.status}, but not as Colloquy does: is that the address?`);
  }
}

/** What a refusal means to somebody at the command line. */
function refusalOf(url: string, status: number, body: object): Error {
  const hint = HINTS[status];
  if (hint === undefined) return new ApiError(status, body);
  return new Refusal(`${url} answers ${status}: ${(body as { detail?: unknown }).detail} ${hint}`);
}

const HINTS: Record<number, string> = {
  401: "`colloquy token --user ID` prints a token.",
  403: "Commands need a superuser.",
};

/** Why `fetch` failed; what it says itself is only that it did. */
export function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return REASONS[code] ?? (message || code);
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "closed by the other side",
  ENOTFOUND: "there is no such host",
  UND_ERR_BODY_TIMEOUT: "it did not go on in time",
  UND_ERR_CONNECT_TIMEOUT: "it did not answer in time",
  UND_ERR_HEADERS_TIMEOUT: "it did not answer in time",
  UND_ERR_SOCKET: "closed by the other side",
};
