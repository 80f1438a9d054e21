// A host of web requests: Hono here, and likewise whatever else calls a function from Request to Response.

import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { createColloquy } from "colloquy";
import { Hono } from "hono";
import { settings } from "./settings.ts";

const colloquy = await createColloquy(settings);
const app = new Hono();
app.all("/chat/*", (context) => {
  const { address } = getConnInfo(context).remote;
  return colloquy.fetch(context.req.raw, address === undefined ? {} : { address });
});
app.get("/", (context) => context.text("the host's own page"));

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8080) }, ({ port }) => {
  console.log(`Serves on port ${port}`);
});
// Where the host has Node's server, it has sockets, too.
server.on("upgrade", colloquy.upgrade);
