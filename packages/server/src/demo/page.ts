import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import type { Colloquy } from "../createColloquy.ts";
import { EXAMPLE_USERS } from "../policies/userIds.ts";
import { VERSION } from "../version.ts";

const FOLDER = fileURLToPath(new URL("./page", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** The page's own files and nothing else; what it shows of people is never markup. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/` that plays both sides of a conversation. It trusts `X-User-Id`, so it is for development only. */
export async function serveDemoPage(app: FastifyInstance, colloquy: () => Colloquy): Promise<void> {
  for (const file of await readdir(FOLDER)) {
    const content = await readFile(`${FOLDER}/${file}`);
    const path = file === "index.html" ? "/" : `/${file}`;
    app.get(path, (_request, out) =>
      out.headers({ "content-type": TYPES[extname(file)], "content-security-policy": POLICY }).send(content),
    );
  }
  app.get("/demo.json", async () => {
    const { db, settings } = colloquy();
    return {
      version: VERSION,
      database: db.kind === "postgres" ? "PostgreSQL" : "PGlite",
      prefix: settings.http.prefix,
      thread_type: settings.types.chat[0] ?? "chat",
      people: EXAMPLE_USERS[settings.accounts.ids],
    };
  });
}
