// Express 5: a middleware like any other, before or after its body parsers.
import { createColloquy } from "colloquy";
import express from "express";
import { settings } from "./settings.ts";

const colloquy = await createColloquy(settings);
const app = express();
app.use(express.json());
app.use(colloquy.handle);
app.get("/", (_request, response) => void response.send("the host's own page"));

const server = app.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`Serves on port ${(server.address() as { port: number }).port}`);
});
server.on("upgrade", colloquy.upgrade);
