import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { denied, type UserIdKind } from "@colloquy/protocol";
import type { FastifyInstance } from "fastify";
import { FILES_PATH, fileResources } from "./attachments/fileRoutes.ts";
import { sweepFiles } from "./attachments/files.ts";
import { openLinks } from "./attachments/links.ts";
import { attachmentResources } from "./attachments/routes.ts";
import { openAttachmentView } from "./attachments/show.ts";
import type { Bus, Wake } from "./bus/bus.ts";
import { openLocalBus } from "./bus/localBus.ts";
import type { OnDrop } from "./bus/packets.ts";
import { openPostgresBus } from "./bus/postgresBus.ts";
import { openRedisBus } from "./bus/redisBus.ts";
import { checkSettings, isLoopback, SettingsError } from "./checkSettings.ts";
import { openWriter } from "./conversation/change/writer.ts";
import { openMemberLists } from "./conversation/view/memberLists.ts";
import { openViewCache } from "./conversation/view/viewCache.ts";
import type { Core } from "./core.ts";
import { type Database, DatabaseUnavailable, openDatabase } from "./database/database.ts";
import { migrate } from "./database/migrate.ts";
import { openReadiness } from "./database/readiness.ts";
import { adoptUserIds, convertUserIds } from "./database/userIds.ts";
import { describeApi } from "./describeApi.ts";
import { type Drain, openDrain } from "./http/drain.ts";
import {
  type Allow,
  buildHttp,
  type FetchHandler,
  type Handle,
  HTTP_DEFAULTS,
  openFetch,
  openHandle,
  type Resource,
} from "./http/index.ts";
import { addressOf, trustOf } from "./http/peer.ts";
import { honourIdempotencyKeys } from "./idempotency/hooks.ts";
import { purgeKeys } from "./idempotency/queries.ts";
import { type AllowUpgrade, limitRates } from "./limits/rateLimits.ts";
import { openHostReader } from "./log/hostReader.ts";
import { findDatabaseName } from "./log/position.ts";
import { openLog } from "./log/publish.ts";
import { rebaseLog } from "./log/rebaseLog.ts";
import { openRetention, purgeLog } from "./log/retention.ts";
import { openSweep } from "./log/sweep.ts";
import { memberResources } from "./members/routes.ts";
import { messageCommands } from "./messages/commands.ts";
import { messageResources } from "./messages/routes.ts";
import { countEvents } from "./metrics/countEvents.ts";
import { openMetrics } from "./metrics/openMetrics.ts";
import type { MetricsText, Readings } from "./metrics/readings.ts";
import { countedBus, watchDatabase } from "./metrics/watch.ts";
import { showingAccountsAs } from "./people/accountShape.ts";
import { openDirectory } from "./people/directory.ts";
import { openLookUp } from "./people/lookUp.ts";
import { rightsBelieved } from "./people/rights.ts";
import { peopleResources } from "./people/routes.ts";
import { openTokens, standaloneAuthentication, standaloneCallers, type Tokens } from "./people/tokens.ts";
import { withUserIds } from "./people/userIdShapes.ts";
import type { Authenticate, FindCaller } from "./policies/caller.ts";
import { type Asked, defaultPolicies, type Policies, replacePolicies } from "./policies/policies.ts";
import { expectCaller, readUserId } from "./policies/userIds.ts";
import type { Feeds } from "./realtime/feeds.ts";
import { openHub } from "./realtime/hub.ts";
import { openReplayGate } from "./realtime/replay.ts";
import { syncResources } from "./realtime/routes.ts";
import { type AuthenticateSocket, openSockets, refuse } from "./realtime/sockets.ts";
import { watchArrivals } from "./runs/arrivals.ts";
import { openInFlight } from "./runs/inFlight.ts";
import { runResources } from "./runs/routes.ts";
import { adminSchemaResources } from "./schemas/adminRoutes.ts";
import { schemaResources } from "./schemas/routes.ts";
import { openSchemaStore } from "./schemas/store.ts";
import { searchResources } from "./search/routes.ts";
import { openService, type Service } from "./service/service.ts";
import type { Settings, SettingsInput } from "./settings.ts";
import { socketAuthentication } from "./socketAuthentication.ts";
import { openDisk } from "./storage/disk.ts";
import { openIncoming } from "./storage/incoming.ts";
import { placeFiles } from "./storage/place.ts";
import type { Storage } from "./storage/storage.ts";
import { adminSurveyResources } from "./surveys/adminRoutes.ts";
import { surveyEvaluationResources } from "./surveys/evaluationRoutes.ts";
import { surveyItemResources } from "./surveys/itemRoutes.ts";
import { openSurveyFeed } from "./surveys/push.ts";
import { surveyResources } from "./surveys/routes.ts";
import { adminThreadResources } from "./threads/adminRoutes.ts";
import { threadCommands } from "./threads/push/commands.ts";
import { openThreadFeed } from "./threads/push/feed.ts";
import { followResources } from "./threads/push/routes.ts";
import { openUnreadFeed } from "./threads/push/unreadFeed.ts";
import { threadResources } from "./threads/routes.ts";
import { VERSION } from "./version.ts";

/** A running Colloquy: mount `handle` and `upgrade` beside your own routes, or let `listen` serve it alone. */
export interface Colloquy extends Service {
  settings: Settings;
  db: Database;
  tokens: Tokens;
  /** The Fastify application; call its `inject` in tests. */
  app: FastifyInstance;
  /**
   * Handles a request to the API, for any Node HTTP server. Also an Express middleware, which passes on whatever does not
   * lie below the prefix.
   */
  handle: Handle;
  /** The same for web requests: a `Request` in, a `Response` out. Sockets need `upgrade`. */
  fetch: FetchHandler;
  /** Opens a socket at `/ws`, for the server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The metrics in the text format of Prometheus. Serve them where only your monitoring has access. */
  metrics(): Promise<MetricsText>;
  /** The metrics as data, which `metricsOf` sums over several processes. */
  readings(): Promise<Readings>;
  /** Starts a server of its own; returns its URL. */
  listen(): Promise<string>;
  /** Stops after finishing the requests in progress. */
  close(): Promise<void>;
}

export interface Opening {
  /**
   * An open database to use instead of the setting, shared with the host's own tables. It stays open when Colloquy
   * closes.
   */
  database?: Database;
  /** Where the bytes of files are, instead of the local disk. */
  storage?: Storage;
  /** Adds routes, hooks and plugins to the application. */
  extend?: (app: FastifyInstance) => void | Promise<void>;
}

/**
 * Opens the database, migrates it, and builds the application. @throws SettingsError, DatabaseUnreachable,
 * DirectoryInUse
 */
export async function createColloquy(input: SettingsInput = {}, opening: Opening = {}): Promise<Colloquy> {
  const settings = checkSettings(input);
  const opened: Opened[] = [];
  try {
    const db = opening.database ?? (await openDatabase(settings.database));
    if (opening.database === undefined) opened.push(db);
    await migrate(db, { schema: SCHEMA });
    const { ids } = settings.accounts;
    if (!(await adoptUserIds(db, { schema: SCHEMA, ids }))) throw new SettingsError(otherIds(ids));
    await rebaseLog(db, { schema: SCHEMA });
    return await build(settings, db, opening, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** The database schema of all tables. */
const SCHEMA = "colloquy";

function otherIds(ids: UserIdKind): string {
  const [here, other] = ids === "string" ? ["strings", "integers"] : ["integers", "strings"];
  return `accounts.ids says that users' ids are ${here}, but in the database there are people whose ids are ${other}: change the setting, or stop all servers on it and run \`colloquy migrate\` to convert them`;
}

/**
 * Migrates a database, and converts users' ids to the type of `accounts.ids`, as `colloquy migrate` does: all of them
 * or, if one is not an integer, none. No server may run on the database meanwhile. If Colloquy has used `db` before
 * the conversion, open the database again afterwards. Returns what it applied.
 *
 * @throws MigrationRefused
 */
export async function migrateDatabase(
  db: Database,
  { ids }: { ids: UserIdKind },
): Promise<{ applied: string[]; converted: boolean }> {
  const { applied } = await migrate(db, { schema: SCHEMA });
  return { applied, converted: await convertUserIds(db, { schema: SCHEMA, ids }) };
}

interface Opened {
  close(): void | Promise<void>;
}

/** Closes in reverse order of opening. */
async function closeAll(opened: readonly Opened[]): Promise<void> {
  for (const one of opened.toReversed()) await one.close();
}

/** Builds the application; adds everything that it opens to `opened`. */
async function build(
  settings: Settings,
  db: Database,
  opening: Opening,
  opened: Opened[],
): Promise<Colloquy> {
  const { ids } = settings.accounts;
  const { chat, schema } = settings.types;
  const types = {
    chatListThroughApi: settings.types.chatListThroughApi ?? chat,
    schemaListThroughApi: settings.types.schemaListThroughApi ?? schema,
    schemaGetThroughApi: settings.types.schemaGetThroughApi ?? schema,
    anySchema: schema.length === 0,
  };
  const policies: Policies = replacePolicies(defaultPolicies(types), settings.policies);
  // Without a secret of its own a server's tickets are good until it restarts, and nobody can sign tokens for it.
  const secret = settings.auth.secret ?? randomBytes(32).toString("hex");
  const tokens = openTokens(secret, settings.auth, ids);
  const lookUp = openLookUp(db);
  const authenticate = hostsAuthenticate(settings) ?? standaloneAuthentication(lookUp, settings, secret);

  let app: FastifyInstance | null = null;
  // Before there is a log nothing runs that is not tried again.
  const metrics = openMetrics();
  const onFault = (error: unknown) => {
    metrics.count("faults_total");
    app?.log.error({ err: error }, "A background task failed");
  };
  const onDrop: OnDrop = (wakes) => metrics.count("bus_dropped_total", wakes);
  opened.push({ close: watchDatabase(metrics, db) });
  const bus = countedBus(metrics, await openBus(db, settings.realtime.redisUrl, onFault, onDrop));
  opened.push(bus);
  const log = openLog(bus, onFault);
  countEvents(log, metrics);
  const place = placeFiles(settings.attachments.directory, settings.database);
  opened.push(place);
  const incoming = openIncoming(join(place.directory, "incoming"), settings.attachments.maxBytes);
  const storage = opening.storage ?? openDisk(place.directory);
  const links = openLinks(secret, settings.http.prefix + FILES_PATH, (text) => readUserId(ids, text));
  const parts = {
    settings,
    storage,
    attachments: openAttachmentView(links, settings.attachments.types),
    db,
    log,
    metrics,
    policies,
    schemas: openSchemaStore(db, settings.schemas.allowEditPublished),
    people: openDirectory(settings.findAccounts ?? lookUp, settings.accounts),
    members: openMemberLists(db, settings.threads.usersDataLimit),
    views: openViewCache(db, settings),
    writer: openWriter(db),
    inFlight: openInFlight(),
    replays: openReplayGate(),
  };
  const feeds: Feeds = {
    threads: openThreadFeed(parts),
    surveys: openSurveyFeed(parts),
    unread: openUnreadFeed(parts),
  };
  const core: Core = {
    ...parts,
    feeds,
    hub: openHub({ ...parts, feeds, bus, onFault }),
    host: await openHostReader(db, settings.on ?? {}, onFault),
  };
  opened.push(core.host, core.hub);
  log.subscribe(({ wake }) => {
    // Of anything else there is no event.
    if (wake.type === "thread" || wake.type === "survey" || wake.type === "lost") core.host.wake();
  });
  if (db.listen !== undefined) opened.push({ close: openSweep(db, foundBy(core), onFault) });
  const purges = [
    () => purgeLog(db, settings.realtime.logHours),
    () => purgeKeys(db),
    () => sweepFiles({ db, storage }),
    () => incoming.sweep(),
  ];
  opened.push({ close: openRetention(purges, onFault) });
  const ownCallers = settings.authenticate === undefined ? standaloneCallers(lookUp) : null;
  const findCaller = hostsFindCaller(settings) ?? ownCallers;
  const resources: Resource[] = [
    ...threadResources(core),
    ...adminThreadResources(core),
    ...memberResources(core),
    ...messageResources(core),
    ...attachmentResources(core),
    ...fileResources({ ...core, links, findCaller }),
    ...runResources(core),
    ...followResources(core),
    ...syncResources(core),
    ...searchResources(core),
    ...schemaResources(core),
    ...adminSchemaResources(core),
    ...surveyResources(core),
    ...surveyItemResources(core),
    ...adminSurveyResources(core),
    ...surveyEvaluationResources(core),
  ];
  const trust = trustOf(settings.http.trustProxy);
  let allowUpgrade: AllowUpgrade = async () => true;
  let drain: Drain | null = null;
  const isDatabaseReady = openReadiness(db);
  const http = await buildHttp({
    resources: withUserIds(ids, [
      ...showingAccountsAs(settings.accounts.shape, resources),
      ...peopleResources(core, tokens),
    ]),
    settings: {
      ...HTTP_DEFAULTS,
      prefix: settings.http.prefix,
      bodyLimit: settings.http.bodyLimit,
      trust,
      bodySeconds: settings.http.bodySeconds,
      allowedOrigins: settings.http.allowedOrigins,
      logLevel: settings.http.logLevel,
      logFormat: settings.http.logFormat,
      compat: settings.compat ?? null,
      ids,
      tellsUnknownFields: settings.auth.dev,
    },
    authenticate,
    allow: askPolicies(policies),
    isReady: async () => ({
      database: await isDatabaseReady(),
      // Who asks is to send nothing more to a node that stops.
      ...(drain?.isDraining() ? { listener: false } : {}),
    }),
    api: describeApi(settings, VERSION),
    incoming,
    answered: metrics.request,
    extend: async (extended) => {
      drain = openDrain(extended);
      if (settings.auth.dev) refuseForeignHosts(extended);
      watchArrivals(extended, core.inFlight);
      allowUpgrade = await limitRates(extended, settings.limits, metrics);
      honourIdempotencyKeys(extended, db);
      await opening.extend?.(extended);
    },
  });

  app = http;
  opened.push({ close: () => http.close() }, { close: () => drain?.done() });

  const whoAsks = socketAuthentication(settings, tokens, authenticate, findCaller, trust);
  // A person may be known from memory, and a socket that is opened must be told at once where they are in the log.
  const authenticateSocket: AuthenticateSocket = async (request) => {
    const who = await whoAsks(request);
    if (who === null || (await isDatabaseReady())) return who;
    throw new DatabaseUnavailable("The database does not respond");
  };
  const sockets = openSockets({
    ...core,
    commands: [...messageCommands(core), ...threadCommands(core)],
    authenticate: authenticateSocket,
    mayAsk: (request) => allowUpgrade(addressOf(request, trust)),
    believed: rightsBelieved(settings.accounts),
    onFault,
  });
  // Whoever is sent away must find that nobody listens here any more.
  opened.push(sockets, { close: () => drain?.begin(settings.http.drainSeconds) });
  const upgrade: Colloquy["upgrade"] = (request, socket, head) => {
    // From here on nobody else listens: a client that hangs up must not end the process.
    socket.on("error", () => socket.destroy());
    const address = URL.parse(request.url ?? "/", "http://host");
    if (address?.pathname === "/ws") sockets.upgrade(request, socket, head);
    else refuse(socket, 404, "Not Found");
  };
  http.server.on("upgrade", upgrade);

  let closing: Promise<void> | null = null;
  return {
    ...openService(core),
    settings,
    db,
    tokens,
    app: http,
    upgrade,
    handle: openHandle(http, settings.http.prefix),
    fetch: openFetch(http),
    metrics: metrics.text,
    readings: metrics.readings,
    listen: () => http.listen({ host: settings.http.host, port: settings.http.port }),
    close() {
      closing ??= closeAll(opened);
      return closing;
    },
  };
}

/** The host's `authenticate`, with its results validated. */
function hostsAuthenticate({ authenticate, accounts }: Settings): Authenticate | undefined {
  if (authenticate === undefined) return undefined;
  return async (request) => expectCaller(accounts.ids, await authenticate(request), "authenticate");
}

function hostsFindCaller({ findCaller, accounts }: Settings): FindCaller | undefined {
  if (findCaller === undefined) return undefined;
  return async (id) => expectCaller(accounts.ids, await findCaller(id), "findCaller");
}

/** The bus to the other nodes of the database. */
async function openBus(
  db: Database,
  redisUrl: string | undefined,
  onFault: (error: unknown) => void,
  onDrop: OnDrop,
): Promise<Bus> {
  if (db.listen === undefined) return openLocalBus(db);
  if (redisUrl === undefined) return openPostgresBus(db.listen, onDrop);
  return openRedisBus({ url: redisUrl, database: await findDatabaseName(db), onFault, onDrop });
}

/** Publishes what the sweep of the log finds, as if another node had sent it. */
function foundBy({ log, metrics }: Core): (wakes: readonly Wake[], events: number) => void {
  return (wakes, events) => {
    metrics.count("sweep_events_total", events);
    log.found(wakes);
  };
}

/** Prevents DNS rebinding: a page of another site must not act as any user. */
function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ hostname, headers }) => {
    // What a proxy is said to have said is not enough: the page itself may say so.
    const own = URL.parse(`http://${headers.host ?? ""}`)?.hostname ?? "";
    if (![hostname, own].every((host) => isLoopback(host.replace(/^\[|\]$/g, "")))) throw denied();
  });
}

/** One URL serves both a list and a single schema, each with its own policy. */
function askPolicies(policies: Policies): Allow {
  return (policy, caller, asked) => {
    const key = asked.params.key;
    const name =
      policy !== "schemas" ? policy : /^\d+$/.test(String(key)) ? "schemaObject" : "schemaListByType";
    return policies[name as keyof Policies](caller, asked as unknown as Asked);
  };
}
