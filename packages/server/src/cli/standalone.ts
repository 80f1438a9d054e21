import { checkSettings } from "../checkSettings.ts";
import { type Colloquy, createColloquy } from "../createColloquy.ts";
import { serveDemoPage } from "../demo/page.ts";
import { ensurePeople } from "../demo/people.ts";
import type { SettingsInput } from "../settings.ts";
import { over } from "./configuration.ts";
import { directoryOf, leaveAddress, removeAddress } from "./embedded.ts";
import { Refusal } from "./failures.ts";
import { serveFrontPage } from "./frontPage.ts";
import { secretOf } from "./secret.ts";

/** What development is let off; what is configured goes first. */
export const DEVELOPMENT: SettingsInput = { schemas: { allowUnpublished: true } };

/** A server by itself, not listening yet: with a secret, a page at `/` and, in development, people and the demo's page. */
export async function openStandalone(configured: SettingsInput): Promise<Colloquy> {
  const { auth, http, database } = checkSettings(configured);
  const isDev = auth.dev;
  const directory = directoryOf(database);
  const settings = await withSecret(isDev ? over(DEVELOPMENT, configured) : configured);
  const colloquy: Colloquy = await createColloquy(settings, {
    async extend(app) {
      if (directory !== null) app.addHook("onClose", () => removeAddress(directory));
      if (isDev) await serveDemoPage(app, () => colloquy);
      else serveFrontPage(app, http.prefix);
    },
  });
  if (isDev) await ensurePeople(colloquy.db, colloquy.settings.accounts.ids);
  return colloquy;
}

/** Listens; what was opened is closed where that fails. Answers the address. */
export async function listen(colloquy: Colloquy): Promise<string> {
  const { database, http } = colloquy.settings;
  const url = await colloquy.listen().catch(async (error) => {
    await colloquy.close();
    // Among several nodes it is the primary that listens, and Node tells a node that it could not bind.
    throw error.syscall === "bind" ? Object.assign(error, { syscall: "listen" }) : error;
  });
  const directory = directoryOf(database);
  if (directory !== null) await leaveAddress(directory, url + http.prefix);
  return url;
}

/** Tokens must outlive the process, so their secret is set, or kept with an embedded database. */
async function withSecret(configured: SettingsInput): Promise<SettingsInput> {
  const { auth, authenticate, database } = checkSettings(configured);
  const needsNone = auth.secret !== undefined || auth.jwksUrl !== undefined || authenticate !== undefined;
  if (needsNone || database === "memory:") return configured;
  const directory = directoryOf(database);
  if (directory !== null) return over(configured, { auth: { secret: await secretOf(directory) } });
  if (auth.dev) return configured;
  throw new Refusal(
    "Set COLLOQUY_AUTH_SECRET to at least 32 random characters: with PostgreSQL there is no place to keep the secret that signs tokens",
  );
}
