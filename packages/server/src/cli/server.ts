import { checkSettings } from "../checkSettings.ts";
import { configuration } from "./configuration.ts";
import { UsageError } from "./failures.ts";

/** Options of commands that work through a server as well. */
export const SERVER_OPTION = {
  server: {
    value: "URL",
    description: "work through a running server, such as http://127.0.0.1:8000 (or COLLOQUY_SERVER)",
  },
  token: {
    value: "TOKEN",
    description: "token of a superuser, for --server; `ps` shows it to everybody here, unlike COLLOQUY_TOKEN",
  },
  user: { value: "ID", description: "user to act as, instead of a token, on a server that runs with --dev" },
} as const;

type Given = { [Name in keyof typeof SERVER_OPTION | "database"]?: string };

/** A server, and who asks it. */
export interface Server {
  /** With the prefix of its API. */
  url: string;
  headers: Record<string, string>;
}

/** The server to work through; null where a database is meant. @throws UsageError */
export async function serverOf({ server, token, user, database }: Given): Promise<Server | null> {
  if (server !== undefined && database !== undefined)
    throw new UsageError("Give either --server or --database");
  const { COLLOQUY_SERVER, COLLOQUY_TOKEN } = process.env;
  const address = server ?? (database === undefined && COLLOQUY_SERVER ? COLLOQUY_SERVER : undefined);
  if (address === undefined) {
    if (token !== undefined || user !== undefined) throw new UsageError("--token and --user need --server");
    return null;
  }
  if (token !== undefined && user !== undefined) throw new UsageError("Give either --token or --user");
  return { url: await urlOf(address), headers: headersOf(user, token ?? COLLOQUY_TOKEN) };
}

/** Without a path the API is where settings say, which are those of a server here. */
async function urlOf(address: string): Promise<string> {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw new UsageError(`--server must be an address such as http://127.0.0.1:8000, not ${address}`);
  if (url.pathname !== "/") return url.origin + url.pathname.replace(/\/+$/, "");
  return url.origin + checkSettings(await configuration({})).http.prefix;
}

function headersOf(user: string | undefined, token: string | undefined): Record<string, string> {
  // Servers read the header as UTF-8, which Node does not write.
  if (user !== undefined) return { "x-user-id": Buffer.from(user).toString("latin1") };
  if (!token)
    throw new UsageError(
      "--server needs --token or COLLOQUY_TOKEN: `colloquy token --user ID` prints one. A server that runs with --dev takes --user ID",
    );
  if (!/^[\w.~+/=-]+$/.test(token)) throw new UsageError("--token is no token");
  return { authorization: `Bearer ${token}` };
}
