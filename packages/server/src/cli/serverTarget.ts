import type { Me } from "@colloquy/protocol";
import type { AccountRow } from "../people/queries.ts";
import type { ListOptions } from "../service/query.ts";
import type { Wanted } from "../surveys/export/open.ts";
import { PLAIN_CSV } from "../surveys/export/textFormats.ts";
import { askServer, reasonOf, requestOf } from "./askServer.ts";
import { Refusal } from "./failures.ts";
import type { Server } from "./server.ts";
import type { Target } from "./target.ts";

/** A server that runs, as its API lets a superuser. @throws Refusal where there is none, or it does not know who asks */
export async function serverTarget(server: Server): Promise<Target> {
  const ask = <Answer>(method: string, path: string, body?: unknown) =>
    askServer<Answer>(server, method, path, body);
  const { id } = await ask<Me>("GET", "/accounts/me").catch((error) => {
    if (error.status !== 404) throw error;
    throw new Refusal(
      `There is no API at ${server.url}: give --server with the path that it has (http.prefix)`,
    );
  });
  return {
    ids: typeof id === "string" ? "string" : "integer",
    schemas: {
      list: (options = {}) => ask("GET", `/admin/schemas?${queryOf(options)}`),
      load: (document, { publish = true, force = false } = {}) =>
        ask("POST", `/admin/schemas/import?${queryOf({ publish, force })}`, document),
      publish: (schema, { force = false } = {}) => ask("POST", `/admin/schemas/${schema}/publish`, { force }),
      document: (schema) => ask("GET", `/admin/schemas/${schema}/document`),
    },
    accounts: {
      list: async (options = {}) =>
        (await ask<{ results: AccountRow[] }>("GET", `/admin/accounts?${queryOf(options)}`)).results,
      add: (account) => ask("POST", "/admin/accounts", account),
    },
    async exportSurveys(wanted, tell) {
      const path = `/admin/surveys/export?${queryOf(optionsOf(wanted))}`;
      return bytesOf(await requestOf(server, "GET", path), server.url, tell);
    },
  };
}

function queryOf(options: ListOptions): URLSearchParams {
  const given = Object.entries(options).filter(([, value]) => value != null);
  return new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
}

function optionsOf({ schema, csv = PLAIN_CSV, format, inactive, completed, after }: Wanted): ListOptions {
  const form = format === "csv" ? csv : {};
  return { ...schema, format, inactive, completed, after, ...form };
}

async function* bytesOf({ body }: Response, url: string, tell: (progress: string) => void) {
  let size = 0;
  const far = () => `${(size / 1e6).toFixed(1)} MB`;
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length;
      tell(far());
      yield chunk;
    }
  } catch (error) {
    throw new Refusal(`The connection to ${url} was lost after ${far()}: ${reasonOf(error)}`);
  }
}
