import type { FastifyInstance } from "fastify";
import { VERSION } from "../version.ts";

/** Nothing but the text and its links. */
const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What `/` of a server by itself answers: what runs here, and where its API is. A browser gets it as a page. */
export function serveFrontPage(app: FastifyInstance, prefix: string): void {
  const hasDocs = app.hasRoute({ method: "GET", url: `${prefix}/openapi.json` });
  const facts: Facts = {
    name: "Colloquy",
    version: VERSION,
    api: prefix,
    ...(hasDocs ? { docs: `${prefix}/docs`, openapi: `${prefix}/openapi.json` } : {}),
  };
  const page = pageOf(facts);
  app.get("/", (request, out) => {
    out.header("vary", "Accept");
    if (!request.headers.accept?.includes("text/html")) return out.send(facts);
    return out.type("text/html; charset=utf-8").header("content-security-policy", POLICY).send(page);
  });
}

interface Facts {
  name: string;
  version: string;
  api: string;
  docs?: string;
  openapi?: string;
}

/** Links are relative, so that a proxy may serve it below any path. */
function pageOf({ version, api, docs, openapi }: Facts): string {
  const links = [
    docs === undefined ? "" : `<p><a href=".${docs}">Documentation of the API</a></p>`,
    openapi === undefined ? "" : `<p><a href=".${openapi}">OpenAPI document</a></p>`,
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Colloquy</title>
<h1>Colloquy ${version}</h1>
<p>A server for conversations that are partly scripted. Its API begins at <code>${api || "/"}</code>.</p>
${links.filter(Boolean).join("\n")}
</html>
`;
}
