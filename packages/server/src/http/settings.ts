import type { FastifyServerOptions } from "fastify";

export interface HttpSettings {
  /** Where the API begins; health checks lie outside. */
  prefix: string;
  /** Bytes; more is 413. */
  bodyLimit: number;
  /** Whose `X-Forwarded-*` headers to believe, as Fastify's option of the same name. */
  trustProxy: NonNullable<FastifyServerOptions["trustProxy"]>;
  /** Serves the OpenAPI document and the page to try it, to anybody. */
  docs: boolean;
  /** Of pino; "silent" for none. */
  logLevel: string;
  /** Answers as chat_api 0.8.8 did where we differ. */
  compat: "chat_api" | null;
}

export const HTTP_DEFAULTS: HttpSettings = {
  prefix: "/api",
  bodyLimit: 1_048_576,
  trustProxy: false,
  docs: true,
  logLevel: "info",
  compat: null,
};
