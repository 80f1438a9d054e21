// Nothing but Node.
import { createServer } from "node:http";
import { createColloquy } from "colloquy";
import { settings } from "./settings.ts";

const colloquy = await createColloquy(settings);
const server = createServer((request, response) => {
  colloquy.handle(request, response, () => {
    response.writeHead(request.url === "/" ? 200 : 404).end("the host's own page");
  });
});
server.on("upgrade", colloquy.upgrade);

server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`Serves on port ${(server.address() as { port: number }).port}`);
});
