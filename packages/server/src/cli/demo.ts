import type { Colloquy } from "../createColloquy.ts";
import { fillDemo } from "../demo/fill.ts";
import { PERMISSION } from "../policies/bits.ts";
import { EXAMPLE_USERS } from "../policies/userIds.ts";
import type { SettingsInput } from "../settings.ts";
import { defineCommand } from "./command.ts";
import { configuration, over, SERVER_OPTIONS } from "./configuration.ts";
import { say } from "./say.ts";
import { listen, openStandalone } from "./standalone.ts";
import { untilStopped } from "./untilStopped.ts";

/** Whoever starts a thread in the demo may also go back in it. */
const DEMO: SettingsInput = { threads: { creatorPermissions: 507 | PERMISSION.ROLLBACK } };

export const demo = defineCommand({
  options: SERVER_OPTIONS,
  details: "This is `serve --dev` with demo data, and what `npm start` runs.",
  async run(values) {
    const stopped = untilStopped();
    const configured = over(DEMO, await configuration(values));
    const opening = openStandalone(over(configured, { auth: { dev: true } }));
    const colloquy = await Promise.race([opening, stopped]);
    if (colloquy === undefined) return 0;
    const thread = await fillDemo(colloquy).catch(async (error) => {
      await colloquy.close();
      throw error;
    });
    welcome(colloquy, named(await listen(colloquy)), thread);
    await stopped;
    await colloquy.close();
    return 0;
  },
});

/** `thread` is one in which the doctor may write. */
function welcome({ settings, db }: Colloquy, url: string, thread: number): void {
  const { prefix } = settings.http;
  say(
    `Colloquy runs at ${url}`,
    "",
    `  ${url}  play a patient and a doctor side by side`,
    `  ${url}${prefix}/docs  every endpoint, to read and to try`,
    "",
    "Say something as the doctor, and see it arrive:",
    `  curl -H "X-User-Id: ${EXAMPLE_USERS[settings.accounts.ids].doctor}" -d "text=Hello from curl" ${url}${prefix}/threads/${thread}/messages`,
    "",
    `${db.kind === "postgres" ? "PostgreSQL" : settings.database} keeps everything. Ctrl-C stops.`,
  );
}

/** What people type, rather than the address behind it. */
function named(address: string): string {
  return address.replace("//127.0.0.1:", "//localhost:");
}
