import { DEFAULT_ANSWER_RULES } from "@colloquy/engine";
import { Account } from "@colloquy/protocol";
import { type Static, type TObject, type TSchema, Type } from "typebox";
import { IMAGE_TYPES } from "./attachments/images.ts";
import type { AttachmentTypes } from "./attachments/types.ts";
import { type ThreadType, ThreadTypeShape } from "./conversation/view/threadTypes.ts";
import type { HiddenMessages } from "./conversation/view/visibility.ts";
import type { EventHandlers } from "./log/hostEvents.ts";
import type { FindAccounts } from "./people/directory.ts";
import type { Authenticate, FindCaller } from "./policies/caller.ts";
import type { Replacements } from "./policies/policies.ts";

const code = <T>(description: string) => Type.Optional(Type.Unsafe<T>({ description, "x-code": true }));
const text = (description: string, value?: string) =>
  value === undefined
    ? Type.Optional(Type.String({ description }))
    : Type.Optional(Type.String({ description, default: value }));
const number = (
  description: string,
  value: number,
  limits: { minimum?: number; maximum?: number } = { minimum: 0 },
) => Type.Optional(Type.Integer({ description, default: value, ...limits }));
const flag = (description: string, value = false) =>
  Type.Optional(Type.Boolean({ description, default: value }));
const texts = (description: string, value: readonly string[]) =>
  Type.Optional(Type.Array(Type.String(), { description, default: [...value] }));
const section = <Properties extends Record<string, TSchema>>(description: string, properties: Properties) =>
  Type.Optional(Type.Object(properties, { description, additionalProperties: false, default: {} }));

/** What `http.trustProxy` must be. */
export const PROXIES =
  "the number of proxies in front, or their addresses and networks: 1, or 10.0.0.0/8, or [10.0.0.1, ::1]";

/** Every setting: its type, its meaning and its default. The reference in docs/ is generated from this. */
export const SettingsShape = Type.Object(
  {
    database: text(
      "`postgres://…`, a directory for the embedded database, or `memory:`",
      ".colloquy/database",
    ),
    compat: Type.Optional(
      Type.Literal("chat_api", {
        description: "Responses in the shapes of chat_api 0.8.8, for clients that cannot change",
      }),
    ),
    http: section("The HTTP server", {
      prefix: text("Path prefix of the API", "/api"),
      host: text("Address to listen on", "127.0.0.1"),
      port: number("Port to listen on; 0 for any free port", 8000, { minimum: 0, maximum: 65535 }),
      bodyLimit: number("Largest request body, in bytes", 1_048_576, { minimum: 1024 }),
      bodySeconds: number("Seconds within which a request body must arrive", 30, { minimum: 1 }),
      drainSeconds: number(
        "Seconds to keep serving after SIGTERM while `/readyz` returns 503, so that a load balancer that polls it stops sending requests",
        0,
        { minimum: 0 },
      ),
      allowedOrigins: texts(
        "Origins of web pages that may use the API and open sockets, besides the server's own: `https://app.example`",
        [],
      ),
      trustProxy: Type.Optional(
        Type.Union([Type.Integer({ minimum: 0 }), Type.String(), Type.Array(Type.String())], {
          description:
            "The proxies whose `X-Forwarded-*` headers are trusted: their number, or their addresses and networks, `10.0.0.0/8, ::1`. Only the entries that they added, from the right, are used. Use a number only if the server cannot be reached except through the proxies",
          "x-expected": PROXIES,
          default: 0,
        }),
      ),
      logLevel: Type.Optional(
        Type.Union(
          [
            Type.Literal("fatal"),
            Type.Literal("error"),
            Type.Literal("warn"),
            Type.Literal("info"),
            Type.Literal("debug"),
            Type.Literal("silent"),
          ],
          { description: "Lowest level that is logged", default: "warn" },
        ),
      ),
      logFormat: Type.Optional(
        Type.Union([Type.Literal("pretty"), Type.Literal("json")], {
          description:
            "Format of the log: `pretty` for people, or `json` for programs, one object per line; by default `pretty` on a terminal and `json` elsewhere",
        }),
      ),
    }),
    auth: section("Tokens that the standalone server accepts", {
      secret: text("Secret of HS256 tokens, at least 32 characters"),
      jwksUrl: text("URL of the key set for RS256 and ES256 tokens"),
      audience: text("Required `aud` of a token"),
      issuer: text("Required `iss` of a token"),
      dev: flag("Trust the header `X-User-Id`: for development only, and only on a loopback address"),
    }),
    authenticate: code<Authenticate>(
      "`(request) => {id, isSuperuser, language, timeZone} | null`: authenticates a request; null is answered 401",
    ),
    findCaller: code<FindCaller>(
      "`(id) => {id, isSuperuser, language, timeZone} | null`: the current data of a user, called again while their socket is open; by default, `authenticate` is called with the request that opened the socket",
    ),
    findAccounts: code<FindAccounts>(
      "`(ids) => accounts`: the host's users, by default those of the table `account`. Called with up to 500 ids; accounts in use are refreshed before they expire from the cache",
    ),
    accounts: section("Users, and how they are shown", {
      ids: Type.Optional(
        Type.Union([Type.Literal("integer"), Type.Literal("string")], {
          description:
            "The type of users' ids: integers, or strings of 1 to 255 characters such as UUIDs; `colloquy migrate` converts a database that has users",
          default: "integer",
        }),
      ),
      shape: Type.Optional(
        Type.Unsafe<TObject>({
          description:
            "TypeBox object of an account, with an `id`; by default `id, first_name, last_name, avatar`",
          "x-code": true,
          default: Account,
        }),
      ),
      cacheSeconds: Type.Optional(
        Type.Number({ description: "Seconds for which an account is cached", default: 30, minimum: 0 }),
      ),
    }),
    types: section("Types of schemas and threads", {
      schema: texts("Allowed types of schemas; by default any", []),
      schemaListThroughApi: code<string[]>(
        "Types of schemas that can be listed; by default all of `types.schema`",
      ),
      schemaGetThroughApi: code<string[]>(
        "Types of schemas that can be read; by default all of `types.schema`",
      ),
      chat: texts("Allowed types of threads; the first is the default of threads created in code", ["chat"]),
      chatListThroughApi: code<string[]>(
        "Types of threads that can be listed and created; by default all of `types.chat`",
      ),
    }),
    schemas: section("Schemas", {
      allowUnpublished: flag("Allow runs on unpublished schemas"),
      allowEditPublished: flag("Allow edits of published schemas: for development only"),
    }),
    answers: section("Answers", {
      dateFormats: texts(
        "Formats of dates and times accepted besides ISO 8601, made of yyyy MM M dd d HH H hh h mm ss a",
        DEFAULT_ANSWER_RULES.dateFormats,
      ),
    }),
    limits: section("Limits", {
      perMinutePerIp: number(
        "Requests per minute from one address, including those for sockets; for IPv6, from one /64 network; 0 for no limit",
        0,
      ),
      perMinutePerUser: number("Requests per minute by one user; 0 for no limit", 0),
      textLength: number(
        "Longest text of a message or an answer, in characters",
        DEFAULT_ANSWER_RULES.textLength,
        { minimum: 1 },
      ),
      writingPerSecond: number("`thread_someone_is_writing` frames per second and connection", 5, {
        minimum: 1,
      }),
      framesPerSecond: number(
        "Frames, pings and pongs per second and connection, with bursts of ten times as many; beyond that, the connection is closed with 1008",
        100,
        { minimum: 1 },
      ),
      frameBytesPerSecond: number(
        "Bytes per second and connection, with bursts of ten times as many or of twice the longest frame; beyond that, the connection is closed with 1008",
        65_536,
        { minimum: 1 },
      ),
      socketsPerUser: number("Open sockets per user and node", 100, { minimum: 1 }),
    }),
    threads: section("Threads", {
      memberPermissions: number("Permissions of an added member", 19, { minimum: 0, maximum: 8191 }),
      creatorPermissions: number("Permissions of the creator of a thread", 507, {
        minimum: 0,
        maximum: 8191,
      }),
      notifications: number("Notifications of creators and added members", 3, { minimum: 0, maximum: 31 }),
      usersDataLimit: number("Largest number of members in `users_data`", 100, { minimum: 1 }),
    }),
    threadTypes: Type.Optional(
      Type.Unsafe<{ [type: string]: Static<typeof ThreadTypeShape> }>({
        description:
          "Settings for a type of thread, one of `types.chat`: `threadTypes: {news: {touch: false}}`",
        // Its names are the host's, so that no variable of the environment sets one.
        "x-code": true,
        properties: Object.fromEntries(
          Object.entries(ThreadTypeShape.properties).map(([name, shape]) => [`<type>.${name}`, shape]),
        ),
        default: {},
      }),
    ),
    messages: section("Messages", {
      hidden: code<HiddenMessages>(
        "`(viewer) => [type or {type, sender, meta, unless: {sender, meta}}]`: messages that a viewer never sees, by type or by a condition. All parts of a condition must match; `meta` matches if the message's `meta` contains it",
      ),
    }),
    attachments: section("Attachments", {
      directory: text(
        "Directory of the files; by default `files` beside the embedded database, and `.colloquy/files` with PostgreSQL. All nodes must see the same",
      ),
      maxBytes: number("Largest file, in bytes", 10_485_760, { minimum: 1 }),
      maxPixels: number("Most pixels of a picture, over all of its frames", 40_000_000, { minimum: 1 }),
      imageTypes: texts("Media types of pictures that are accepted", IMAGE_TYPES),
      thumbnailSize: number("Longest side of a thumbnail, in pixels", 100, { minimum: 1, maximum: 2_000 }),
      types: Type.Optional(
        Type.Unsafe<AttachmentTypes>({
          description:
            "The host's own types of attachments: `{recording: {validate, preSave, thumbnail, src, thumbnailOf}}`",
          "x-code": true,
          default: {},
        }),
      ),
    }),
    realtime: section("WebSockets and the event log", {
      redisUrl: text(
        "Redis 7 or Valkey for wake-ups between nodes, as `redis://` or `rediss://`; by default, nodes use PostgreSQL",
      ),
      logHours: number("Hours for which the log is kept for clients that reconnect", 24, { minimum: 1 }),
    }),
    metrics: section("Metrics", {
      serve: flag("`colloquy serve` serves `/metrics` without authentication, at the address below", true),
      host: text("Address to listen on", "127.0.0.1"),
      port: number("Port to listen on; 0 for any free port", 9464, { minimum: 0, maximum: 65535 }),
    }),
    surveys: section("Surveys", {
      allowedSchemaTypes: texts(
        "Types of schemas allowed for surveys; by default any, and with `compat` only `survey`",
        [],
      ),
      withoutState: texts(
        "Types of schemas whose surveys have no state: nothing is computed when an answer is stored, every answer counts, and the survey never completes",
        [],
      ),
    }),
    pagination: section("Lists", {
      limit: number("Default size of a page", 20, { minimum: 1 }),
      maximum: number("Largest size of a page", 100, { minimum: 1 }),
    }),
    policies: code<Replacements>(
      "Replacements for default policies, by name: `(caller, asked, byDefault) => boolean`",
    ),
    on: code<EventHandlers>(
      "Event handlers, by event name; each is called at least once per event, after its commit",
    ),
  },
  { additionalProperties: false },
);

/** What a host passes in: everything is optional. */
export type SettingsInput = Static<typeof SettingsShape>;

type Filled<T> = T extends ((...values: never[]) => unknown) | TSchema
  ? T
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { [Key in keyof T]-?: Filled<NonNullable<T[Key]>> }
      : T;
type Section =
  | "http"
  | "auth"
  | "accounts"
  | "types"
  | "schemas"
  | "answers"
  | "limits"
  | "threads"
  | "messages"
  | "attachments"
  | "realtime"
  | "metrics"
  | "surveys"
  | "pagination";
/** Settings without a default stay optional. */
type Open =
  | "directory"
  | "secret"
  | "jwksUrl"
  | "audience"
  | "issuer"
  | "logFormat"
  | "hidden"
  | "schemaListThroughApi"
  | "schemaGetThroughApi"
  | "chatListThroughApi"
  | "messageFields"
  | "redisUrl"
  | "variables";

type Part<T> = { [Key in keyof T as Key extends Open ? never : Key]-?: Filled<NonNullable<T[Key]>> } & {
  [Key in keyof T as Key extends Open ? Key : never]?: NonNullable<T[Key]> | undefined;
};

/** Settings with every default filled in. */
export type Settings = { [Name in Section]: Part<NonNullable<SettingsInput[Name]>> } & {
  database: string;
  threadTypes: { [type: string]: ThreadType };
} & Pick<SettingsInput, "compat" | "authenticate" | "findCaller" | "findAccounts" | "policies" | "on">;
