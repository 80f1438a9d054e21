import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { LONGEST_USER_ID, refused, texts, type UserIdKind } from "@colloquy/protocol";
import Fastify, { type FastifyError, type FastifyInstance } from "fastify";
import type { DestinationStream } from "pino";
import type { Allow, Authenticate } from "../policies/caller.ts";
import type { Incoming } from "../storage/incoming.ts";
import { acceptBodies } from "./body.ts";
import { compatEdge } from "./compat.ts";
import { answerBrokenRequest, answerErrors, sendError, translated } from "./errorAnswers.ts";
import { addHealth, type IsReady } from "./health.ts";
import { loggerOptions, prettyLogTo } from "./logging.ts";
import { acceptFiles } from "./multipart.ts";
import type { ApiDescription } from "./openapi/description.ts";
import { openApiDocument } from "./openapi/document.ts";
import { serveDocument } from "./openapi/serve.ts";
import { answerOrigins } from "./origins.ts";
import { acceptReadBodies } from "./readBefore.ts";
import type { Resource } from "./resource.ts";
import { addResource, knowAllMethods } from "./routes.ts";
import { secureAnswers } from "./security.ts";
import { serializerOf } from "./serializer.ts";
import type { HttpSettings } from "./settings.ts";
import { refuseSlowBodies } from "./slowBodies.ts";

export interface HttpOptions {
  resources: readonly Resource[];
  settings: HttpSettings;
  authenticate: Authenticate;
  allow: Allow;
  isReady: IsReady;
  /** What the OpenAPI document says in addition to the definitions of the resources. */
  api: ApiDescription;
  /** Hooks, plugins and routes of others; runs before the resources are registered. */
  extend?: (app: FastifyInstance) => void | Promise<void>;
  /** Told of each request that was answered, and in how many seconds; `route` is null for an unknown address. */
  answered?: (method: string, route: string | null, status: number, seconds: number) => void;
  /** Takes in the files of forms; without it there are none. */
  incoming?: Incoming;
  /** Where the log goes; standard output by default. */
  log?: DestinationStream;
}

/** Milliseconds in which a request's headers must have come, on a listener of our own, and between two looks at that. */
const HEADERS_TIMEOUT = 20_000;
const CHECKING_INTERVAL = 5_000;

/** The HTTP side, ready to listen or to be injected into; it knows no feature. */
export async function buildHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { settings, resources, isReady, api } = options;
  const compat = compatEdge(settings.compat);
  const log = options.log ?? prettyLogTo(process.stdout, settings.logFormat);
  const app = Fastify({
    logger: {
      ...loggerOptions(settings.logLevel),
      ...(log === undefined ? {} : { stream: log }),
    },
    bodyLimit: settings.bodyLimit,
    trustProxy: settings.trust,
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: CHECKING_INTERVAL },
    // Bodies have their own limit; here it holds for requests, too, that are refused before any hook.
    requestTimeout: HEADERS_TIMEOUT + settings.bodySeconds * 1_000,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: longestParam(settings.ids) },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket as Socket),
    frameworkErrors: (error, request, out) => {
      sendError(translated(error as FastifyError, request) ?? refused(400, texts.badRequest), out);
    },
  });
  app.setSerializerCompiler(serializerOf);
  app.decorateRequest("asked", null);
  knowAllMethods(app);
  secureAnswers(app);
  answerOrigins(app, settings.trust, settings.allowedOrigins);
  refuseSlowBodies(app, settings.bodySeconds);
  if (options.answered) tellAnswers(app, options.answered);
  answerErrors(app, compat);
  acceptReadBodies(app);
  acceptBodies(app);
  acceptFiles(app, options.incoming);
  addHealth(app, isReady);
  if (settings.docs) serveDocument(app, settings.prefix, () => openApiDocument(resources, api, settings));
  await options.extend?.(app);
  const { trust, ids, tellsUnknownFields } = settings;
  const { authenticate, allow } = options;
  const gate = { authenticate, allow, compat, trust, ids, tellsUnknownFields };
  await app.register(
    async (below) => {
      for (const resource of resources) addResource(below, resource, gate);
    },
    { prefix: settings.prefix },
  );
  await app.ready();
  return app;
}

/** In UTF-16, of which a character of an id may take two. */
function longestParam(ids: UserIdKind): number {
  return ids === "string" ? 2 * LONGEST_USER_ID : 255;
}

function tellAnswers(app: FastifyInstance, answered: NonNullable<HttpOptions["answered"]>): void {
  app.addHook("onResponse", (request, out, done) => {
    const route = request.is404 ? null : (request.routeOptions.url ?? null);
    answered(request.method, route, out.statusCode, out.elapsedTime / 1_000);
    done();
  });
}
