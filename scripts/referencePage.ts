/**
 * Makes the script of the page at `/api/docs`, compressed as browsers get it, of the package that has it: our own
 * package then needs nothing of what that one needs. Run by `npm ci`; without it the page says that it is missing.
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import scalar from "@scalar/fastify-api-reference";
import Fastify from "fastify";

const PACKAGE = createRequire(import.meta.url).resolve("@scalar/fastify-api-reference");
const FOLDER = fileURLToPath(new URL("../packages/server/src/http/openapi/generated/", import.meta.url));

const app = Fastify();
await app.register(scalar, { routePrefix: "/", configuration: { content: {} } });
const { statusCode, rawPayload } = await app.inject("/js/scalar.js");
if (statusCode !== 200) throw new Error(`@scalar/fastify-api-reference answers ${statusCode}`);
await mkdir(FOLDER, { recursive: true });
await writeFile(join(FOLDER, "scalar.js.gz"), gzipSync(rawPayload, { level: 9 }));
// Whoever gets the script gets its licence.
await copyFile(join(PACKAGE, "../../LICENSE"), join(FOLDER, "scalar.LICENSE"));
await app.close();
