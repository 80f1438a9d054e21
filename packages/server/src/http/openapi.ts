import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import type { Documentation } from "./documentation.ts";

const Detail = {
  type: "object",
  properties: { detail: { type: "string" } },
  required: ["detail"],
};

const REFUSALS = {
  "4XX": {
    description: "`{field: [text, …]}` where fields are wrong (400), `{detail}` otherwise",
    anyOf: [Detail, { type: "object", additionalProperties: true }],
  },
};

/** The page's own scripts and nobody else's; unlike the plugin's default it also works without TLS. */
const PAGE_POLICY =
  "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";

/** The OpenAPI document at `<prefix>/openapi.json` and a page to try it, made of the routes' own definitions. */
export async function describe(app: FastifyInstance, prefix: string, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Colloquy", description: "Conversations that are partly scripted", version },
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
      security: [{ bearer: [] }],
    },
    transform: ({ schema, url }) => {
      const { written, ...described } = (schema ?? {}) as Documentation;
      return {
        schema: written === undefined ? described : { ...described, response: { ...written, ...REFUSALS } },
        url,
      };
    },
  });
  await app.register(swaggerUi, {
    routePrefix: `${prefix}/docs`,
    staticCSP: PAGE_POLICY,
    uiConfig: { tryItOutEnabled: true, persistAuthorization: false, validatorUrl: null },
  });
  app.get(`${prefix}/openapi.json`, { schema: { hide: true } }, async () => app.swagger());
}
