import type { UserIdKind } from "@colloquy/protocol";
import type { Trust } from "./peer.ts";

export interface HttpSettings {
  /** Where the API begins; health checks lie outside. */
  prefix: string;
  /** Bytes; more is 413. */
  bodyLimit: number;
  /** Seconds in which a body must have come. */
  bodySeconds: number;
  /** Whose `X-Forwarded-*` headers to believe. */
  trust: Trust;
  /** Origins of pages that may use the API, beside our own. */
  allowedOrigins: readonly string[];
  /** Serves the OpenAPI document and the page to try it, to anybody. */
  docs: boolean;
  /** Of pino; "silent" for none. */
  logLevel: string;
  /** By default for people on a terminal, and for programs elsewhere. */
  logFormat?: "pretty" | "json" | undefined;
  /** Answers as chat_api 0.8.8 did where we differ. */
  compat: "chat_api" | null;
  /** What users' ids are. */
  ids: UserIdKind;
  /** Names the fields of bodies that are ignored since nobody knows them, in a header and in the log. */
  tellsUnknownFields: boolean;
}

export const HTTP_DEFAULTS: HttpSettings = {
  prefix: "/api",
  bodyLimit: 1_048_576,
  bodySeconds: 30,
  trust: () => false,
  allowedOrigins: [],
  docs: true,
  logLevel: "info",
  compat: null,
  ids: "integer",
  tellsUnknownFields: false,
};
