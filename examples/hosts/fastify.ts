// Fastify: what lies below the prefix is handed over before any body is read.
import { createColloquy } from "colloquy";
import Fastify from "fastify";
import { settings } from "./settings.ts";

const colloquy = await createColloquy(settings);
const app = Fastify();
app.addHook("onRequest", async (request, reply) => {
  if (!request.url.startsWith("/chat/")) return;
  reply.hijack();
  colloquy.handle(request.raw, reply.raw);
});
app.get("/", async () => "the host's own page");
app.server.on("upgrade", colloquy.upgrade);

const address = await app.listen({ port: Number(process.env.PORT ?? 8080) });
console.log(`Serves on port ${new URL(address).port}`);
