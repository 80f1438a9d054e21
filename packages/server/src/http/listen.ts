import type { FastifyInstance } from "fastify";
import { buildHttp, type HttpOptions } from "./buildHttp.ts";

export interface ListenOptions extends HttpOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
}

/** Builds the HTTP side and takes requests. Closing the app lets running requests finish. */
export async function listen(options: ListenOptions): Promise<{ app: FastifyInstance; address: string }> {
  const app = await buildHttp(options);
  const address = await app.listen({ host: options.host, port: options.port });
  return { app, address };
}
