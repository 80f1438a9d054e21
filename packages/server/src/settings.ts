import { DEFAULT_ANSWER_RULES } from "@colloquy/engine";
import { Account } from "@colloquy/protocol";
import { type Static, type TObject, type TSchema, Type } from "typebox";
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
        description: "Answers in the shapes of chat_api 0.8.8, for clients that cannot change",
      }),
    ),
    http: section("The listener", {
      prefix: text("Path of the API", "/api"),
      host: text("Address to listen on", "127.0.0.1"),
      port: number("Port to listen on; 0 picks a free one", 8000, { minimum: 0, maximum: 65535 }),
      bodyLimit: number("Largest body, in bytes", 1_048_576, { minimum: 1024 }),
      bodySeconds: number("Seconds in which a body must have come", 30, { minimum: 1 }),
      allowedOrigins: texts(
        "Origins of pages that may use the API and open sockets, beside the server's own: `https://app.example`",
        [],
      ),
      trustProxy: Type.Optional(
        Type.Union([Type.Integer({ minimum: 0 }), Type.String(), Type.Array(Type.String())], {
          description:
            "The proxies whose `X-Forwarded-*` are believed: how many there are in front, or their addresses and networks, `10.0.0.0/8, ::1`. Of each header only what they added counts, from the right. A number is for servers that nobody can reach past the proxies",
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
          { description: "What is logged", default: "warn" },
        ),
      ),
    }),
    auth: section("Tokens that the standalone server accepts", {
      secret: text("Secret of HS256 tokens, at least 32 characters"),
      jwksUrl: text("Address of the key set for RS256 and ES256 tokens"),
      audience: text("The `aud` that a token must have"),
      issuer: text("The `iss` that a token must have"),
      dev: flag("Believe `X-User-Id`; only on a loopback address, only for development"),
    }),
    authenticate: code<Authenticate>(
      "`(request) => {id, isSuperuser, language, timeZone} | null`: the host's way to tell who asks",
    ),
    findCaller: code<FindCaller>(
      "`(id) => {id, isSuperuser, language, timeZone} | null`: who somebody is now, asked again while their socket is open; by default `authenticate` is asked with the request that opened it",
    ),
    findAccounts: code<FindAccounts>(
      "`(ids) => accounts`: the host's people, by default the table `account`; up to 500 at once, those in use also before their time is over",
    ),
    accounts: section("People, and how they are shown", {
      ids: Type.Optional(
        Type.Union([Type.Literal("integer"), Type.Literal("string")], {
          description:
            "What users' ids are: integers, or strings of 1 to 255 characters such as UUIDs; `colloquy migrate` converts a database in which there are people",
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
        Type.Number({ description: "How long an account is remembered", default: 30, minimum: 0 }),
      ),
    }),
    types: section("Kinds of schemas and threads", {
      schema: texts("Types that a schema may have; by default any", []),
      schemaListThroughApi: code<string[]>(
        "Types of schemas that can be listed; by default all of `types.schema`",
      ),
      schemaGetThroughApi: code<string[]>(
        "Types of schemas that can be read; by default all of `types.schema`",
      ),
      chat: texts("Types that a thread may have", ["chat"]),
      chatListThroughApi: code<string[]>(
        "Types of threads that can be listed and created; by default all of `types.chat`",
      ),
    }),
    schemas: section("Schemas", {
      allowUnpublished: flag("Runs may use unpublished schemas"),
      allowEditPublished: flag("Published schemas may be edited: for development only"),
    }),
    answers: section("Answers", {
      dateFormats: texts(
        "Formats beside ISO 8601: yyyy MM M dd d HH H hh h mm ss a",
        DEFAULT_ANSWER_RULES.dateFormats,
      ),
    }),
    limits: section("Limits", {
      perMinutePerIp: number(
        "Requests from one address in a minute, those for sockets too; of IPv6 from one network (/64); 0 is no limit",
        0,
      ),
      perMinutePerUser: number("Requests of one person in a minute; 0 is no limit", 0),
      textLength: number(
        "Longest text of a message or an answer, in characters",
        DEFAULT_ANSWER_RULES.textLength,
        { minimum: 1 },
      ),
      writingPerSecond: number(
        "`thread_someone_is_writing` frames that a connection may send per second",
        5,
        { minimum: 1 },
      ),
      framesPerSecond: number(
        "Frames, pings and pongs that a connection may send per second, and ten times as many at once; more, and it is closed with 1008",
        100,
        { minimum: 1 },
      ),
      frameBytesPerSecond: number(
        "The same of bytes; at once ten times as many, or the longest frame twice",
        65_536,
        { minimum: 1 },
      ),
      socketsPerUser: number("Sockets that a person may have open on one node", 100, { minimum: 1 }),
    }),
    threads: section("Threads", {
      memberPermissions: number("Rights of an added member", 19, { minimum: 0, maximum: 8191 }),
      creatorPermissions: number("Rights of who creates a thread", 507, { minimum: 0, maximum: 8191 }),
      notifications: number("Notifications of creators and added members", 3, { minimum: 0, maximum: 31 }),
      usersDataLimit: number("Most members in `users_data`", 100, { minimum: 1 }),
    }),
    threadTypes: Type.Optional(
      Type.Unsafe<{ [type: string]: Static<typeof ThreadTypeShape> }>({
        description:
          "What is different by type of thread, one of `types.chat`: `threadTypes: {news: {touch: false}}`",
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
        "`(viewer) => [type or {type, sender, meta, unless: {sender, meta}}]`: messages that a viewer never sees, by type or by all that a condition names, `meta` by what it holds",
      ),
    }),
    realtime: section("Sockets", {
      redisUrl: text(
        "Redis 7 or Valkey over which several processes wake each other, by `redis://` or `rediss://`; by default they do so over PostgreSQL",
      ),
      logHours: number("How long the log is kept for those who come back, in hours", 24, { minimum: 1 }),
    }),
    metrics: section("Metrics", {
      serve: flag("`colloquy serve` answers `/metrics`, to anybody, at the address below", true),
      host: text("Address to listen on", "127.0.0.1"),
      port: number("Port to listen on; 0 picks a free one", 9464, { minimum: 0, maximum: 65535 }),
    }),
    surveys: section("Surveys", {
      allowedSchemaTypes: texts(
        "Types of schemas that a survey may have; by default any, and with `compat` only `survey`",
        [],
      ),
      withoutState: texts(
        "Types of schemas whose surveys keep no state: nothing is computed when an answer comes, every answer counts, and none completes",
        [],
      ),
    }),
    pagination: section("Lists", {
      limit: number("Results in a page", 20, { minimum: 1 }),
      maximum: number("Most results in a page", 100, { minimum: 1 }),
    }),
    policies: code<Replacements>(
      "Policies that replace the default ones, by name: `(caller, asked, byDefault) => boolean`",
    ),
    on: code<EventHandlers>(
      "Handlers of events, by event name; each is called at least once per event, after its commit",
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
  | "realtime"
  | "metrics"
  | "surveys"
  | "pagination";
/** Settings without a default stay optional. */
type Open =
  | "secret"
  | "jwksUrl"
  | "audience"
  | "issuer"
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
