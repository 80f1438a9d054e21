import { type Colloquy, createColloquy } from "../../packages/server/src/createColloquy.ts";
import type { Database } from "../../packages/server/src/database/database.ts";
import type { Storage, UserId } from "../../packages/server/src/index.ts";
import { ensureAccount } from "../../packages/server/src/people/queries.ts";
import type { SettingsInput } from "../../packages/server/src/settings.ts";
import { type Conformance, conformanceTo, type OpenApi } from "./conformance.ts";
import { freshDatabase } from "./database.ts";
import { dereferenced } from "./dereferenced.ts";
import { atTheEnd } from "./endings.ts";
import { ids, person } from "./people.ts";
import { header, openSocket, type TestSocket } from "./socket.ts";

/** An answer over real HTTP; `body` is parsed where it is JSON, null where it is empty. */
export interface Answer {
  status: number;
  // Whatever JSON came: tests look into it without describing it first.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
  headers: Headers;
}

export interface RawRequest {
  method?: string;
  /** As sent: nothing is added. */
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

/** One caller's requests, to paths below `/api`. */
export interface As {
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  put(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body?: unknown): Promise<Answer>;
  delete(path: string, body?: unknown): Promise<Answer>;
  request(path: string, request: RawRequest): Promise<Answer>;
}

export interface TestServer {
  /** Without the prefix: `http://127.0.0.1:40123`. */
  url: string;
  colloquy: Colloquy;
  /** Its OpenAPI document as it is; and with what it refers to in place of each reference. */
  described: OpenApi;
  document: OpenApi;
  /** What of the document has been met so far. */
  conformance: Conformance;
  /** Somebody with an account, by id; null is nobody. */
  as(user: UserId | null): As;
  /** The user's socket, once it has said hello. */
  socket(user: UserId): Promise<TestSocket>;
  close(): Promise<void>;
}

export interface Starting {
  /** By default a fresh one. */
  database?: Database;
  /** By default the local disk. */
  storage?: Storage;
  /** People 1 (a superuser) to this number; 9 by default. */
  people?: number;
}

/**
 * A whole server on a free port and a fresh database. Every 2xx that it answers must be as its own OpenAPI
 * document says, else the request rejects. It is closed with its database.
 */
export async function startServer(
  settings: SettingsInput = {},
  starting: Starting = {},
): Promise<TestServer> {
  const database = starting.database ?? (await freshDatabase());
  await addPeople(database, 1, starting.people ?? 9);
  const colloquy = await createColloquy(
    {
      ...settings,
      accounts: { ids, ...settings.accounts },
      auth: { dev: true, ...settings.auth },
      http: { port: 0, logLevel: "silent", ...settings.http },
    },
    { database, ...(starting.storage === undefined ? {} : { storage: starting.storage }) },
  );
  const url = await colloquy.listen();
  const prefix = colloquy.settings.http.prefix;
  const described = (await (await fetch(`${url}${prefix}/openapi.json`)).json()) as OpenApi;
  const document = dereferenced(described);
  const conformance = conformanceTo(document);
  const sockets = new Set<TestSocket>();
  let closed: Promise<void> | null = null;

  async function request(user: UserId | null, path: string, raw: RawRequest): Promise<Answer> {
    const who = user === null ? {} : { "x-user-id": header(user) };
    const response = await fetch(`${url}${prefix}${path}`, { ...raw, headers: { ...who, ...raw.headers } });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    const answer = {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : null,
    };
    // The old client's shapes are described nowhere, and ?fields= leaves out what it likes.
    if (settings.compat === undefined && !path.includes("fields="))
      conformance.check(raw.method ?? "GET", `${prefix}${path}`, answer);
    return answer;
  }

  const server: TestServer = {
    url,
    colloquy,
    described,
    document,
    conformance,
    as(user) {
      const send = (method: string) => (path: string, body?: unknown) =>
        request(user, path, {
          method,
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        });
      return {
        get: send("GET"),
        post: send("POST"),
        put: send("PUT"),
        patch: send("PATCH"),
        delete: send("DELETE"),
        request: (path, raw) => request(user, path, raw),
      };
    },
    async socket(user) {
      const socket = await openSocket(`${url.replace("http", "ws")}/ws`, user);
      sockets.add(socket);
      return socket;
    },
    close() {
      closed ??= Promise.all([...sockets].map((socket) => socket.close())).then(() => {
        // Nobody sends anything over them any more, so that it need not wait for that.
        colloquy.app.server.closeIdleConnections();
        return colloquy.close();
      });
      return closed;
    },
  };
  atTheEnd(server.close);
  return server;
}

/** Accounts `first` to `last`; 1 is a superuser. */
export async function addPeople(database: Database, first: number, last: number): Promise<void> {
  for (let id = first; id <= last; id++)
    await ensureAccount(database, person(id), { first_name: `Person ${id}`, is_superuser: id === 1 });
}
