import { defineCommand } from "./command.ts";
import { configuration, over, SERVER_OPTIONS } from "./configuration.ts";
import { say } from "./say.ts";
import { listen, openStandalone } from "./standalone.ts";
import { untilStopped } from "./untilStopped.ts";

export const serve = defineCommand({
  name: "serve",
  summary: "Serve the API over HTTP and WebSocket",
  options: {
    ...SERVER_OPTIONS,
    dev: {
      description:
        "for development: believe X-User-Id, let unpublished schemas run, make accounts 1 (superuser), 2 and 3, show a page at /; on a loopback host only",
    },
  },
  details: `Prints one line with its URL when it is ready. SIGTERM and SIGINT let what is under way finish.
Tokens are signed by auth.secret. Without one, a secret is kept with the embedded database.`,
  async run({ dev, ...values }) {
    const stopped = untilStopped();
    const configured = await configuration(values);
    const colloquy = await openStandalone(dev ? over(configured, { auth: { dev } }) : configured);
    const url = await listen(colloquy);
    say(`Colloquy listens on ${url}${colloquy.settings.auth.dev ? " and believes X-User-Id" : ""}`);
    await stopped;
    await colloquy.close();
    return 0;
  },
});
