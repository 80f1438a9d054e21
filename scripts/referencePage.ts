/**
 * Extracts the script of the page at `/api/docs` from its package, and compresses it. Our package ships the file, so
 * that it does not depend on that package and its dependencies. Run by `npm ci`.
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
// The licence must accompany the script.
await copyFile(join(PACKAGE, "../../LICENSE"), join(FOLDER, "scalar.LICENSE"));
await app.close();
