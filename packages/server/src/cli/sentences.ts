import { ApiError } from "@colloquy/protocol";
import { SettingsError } from "../checkSettings.ts";
import { DatabaseUnavailable, DirectoryInUse } from "../database/database.ts";
import { MigrationRefused } from "../database/migrate.ts";
import { Refusal, UsageError } from "./failures.ts";

const SENTENCES = [
  UsageError,
  Refusal,
  SettingsError,
  DatabaseUnavailable,
  DirectoryInUse,
  MigrationRefused,
] as const;

/** What to tell the caller; null for an error that nobody foresaw, which is shown with its stack. */
export function sentenceOf(error: unknown): string | null {
  if (SENTENCES.some((kind) => error instanceof kind)) return (error as Error).message;
  if (error instanceof ApiError) return refusals(error.body).join("\n");
  if (!(error instanceof Error)) return null;
  const { syscall, severity } = error as { syscall?: string; severity?: string };
  if (syscall === "listen" || syscall === "getaddrinfo") return listenFailure(error);
  if (syscall !== undefined) return `The system refuses: ${error.message}`;
  if (severity !== undefined) return `The database refuses: ${error.message}`;
  return null;
}

function listenFailure(
  error: NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string },
) {
  const { code, address, port, hostname } = error;
  if (code === "EADDRINUSE")
    return `Port ${port} of ${address} is in use: stop the program that listens there, or choose another with --port or COLLOQUY_PORT`;
  if (code === "EACCES")
    return `Port ${port} is reserved for administrators: choose one from 1024 on with --port or COLLOQUY_PORT`;
  return `Cannot listen on ${address ?? hostname}: this machine has no such address (${code})`;
}

/** `{field: [text]}` and `{detail}` alike, a line for each. */
function refusals(body: unknown, path = ""): string[] {
  if (typeof body === "string") return [path === "" ? body : `${path}: ${body}`];
  if (typeof body !== "object" || body === null) return [];
  return Object.entries(body).flatMap(([name, inner]) => {
    const isUnnamed = Array.isArray(body) || name === "detail" || name === "non_field_errors";
    return refusals(inner, isUnnamed ? path : path === "" ? name : `${path}.${name}`);
  });
}
