import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** The page's own scripts, styles and requests, and nobody else's. What draws the reference writes its styles itself. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

const FOLDER = fileURLToPath(new URL("./page", import.meta.url));
/** Made by scripts/referencePage.ts, compressed. */
const REFERENCE = fileURLToPath(new URL("./generated/scalar.js.gz", import.meta.url));

/** The OpenAPI document at `<prefix>/openapi.json`, made when it is first asked for, and a page to try it at `/docs`. */
export function serveDocument(app: FastifyInstance, prefix: string, makeDocument: () => object): void {
  let document: string | null = null;
  app.get(`${prefix}/openapi.json`, (_request, out) => {
    document ??= JSON.stringify(makeDocument());
    return out.type("application/json; charset=utf-8").send(document);
  });

  app.get(`${prefix}/docs`, async ({ url }, out) => {
    // Relative, since a host may have mounted all of it below something that it does not tell.
    const here = url.split("?", 1)[0]!.endsWith("/") ? "" : "docs/";
    const page = await readFile(`${FOLDER}/index.html`, "utf8");
    return sendFile(out, "index.html", page.replaceAll("{{here}}", here).replaceAll("{{prefix}}", prefix));
  });
  for (const name of ["page.js", "style.css"])
    app.get(`${prefix}/docs/${name}`, async (_request, out) =>
      sendFile(out, name, await readFile(`${FOLDER}/${name}`)),
    );
  app.get(`${prefix}/docs/scalar.js`, async (request, out) => {
    const reference = await readFile(REFERENCE).catch(() => null);
    if (reference === null) return out.callNotFound();
    return sendCompressed(request, out, reference);
  });
}

function sendFile(out: FastifyReply, name: string, content: string | Buffer): FastifyReply {
  return out
    .headers({ "content-type": TYPES[extname(name)], "content-security-policy": PAGE_POLICY })
    .send(content);
}

/** It is large, and the same as long as this version runs. */
function sendCompressed({ headers }: FastifyRequest, out: FastifyReply, content: Buffer): FastifyReply {
  out.headers({ "cache-control": "public, max-age=86400", vary: "accept-encoding" });
  const takesGzip = /\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));
  if (!takesGzip) return sendFile(out, "scalar.js", gunzipSync(content));
  return sendFile(out.header("content-encoding", "gzip"), "scalar.js", content);
}
