import {
  type ApiError,
  Bool,
  Choice,
  denied,
  fields,
  JsonField,
  ListOf,
  Nullable,
  notFound,
  Page,
  Pk,
  Text,
  texts,
  unauthorized,
} from "@colloquy/protocol";
import type { FastifyInstance } from "fastify";
import { type TSchema, Type } from "typebox";
import type { Caller } from "../../policies/caller.ts";
import { buildHttp, type HttpOptions } from "../buildHttp.ts";
import { UNDESCRIBED } from "../openapi/description.ts";
import { pageOf, parsePage } from "../pagination.ts";
import { reply } from "../reply.ts";
import { defineResource, type Resource } from "../resource.ts";
import { HTTP_DEFAULTS, type HttpSettings } from "../settings.ts";

const Note = Type.Object({
  id: Type.Integer(),
  text: Type.String(),
  author: Nullable(Type.Object({ id: Type.Integer(), name: Type.String() })),
  meta: Type.Unknown(),
  tags: Type.Array(Type.Object({ id: Type.Integer(), label: Type.String() })),
  extra: Type.Optional(Type.String()),
}) satisfies TSchema;

const Draft = fields({
  text: Text({ maxLength: 10 }),
  kind: Choice(["plain", "loud"], { default: "plain" }),
  pinned: Bool({ required: false }),
  readers: ListOf(Pk(), { required: false }),
  meta: JsonField({ required: false, nullable: true }),
});

function note(id: number) {
  return { id, text: `<${id}>`, author: null, meta: { a: [1] }, tags: [{ id: 1, label: "x" }], secret: "s" };
}

/** Room 1 is everybody's, room 2 the superuser's; a room that is not there is denied. */
export const notes = defineResource({
  path: "/rooms/:room_id/notes",
  params: { room_id: "id" },
  tags: ["rooms"],
  policy: "notes",
  context: async (call): Promise<{ room: number } | ApiError> =>
    call.params.room_id === 1 || call.params.room_id === 2 ? { room: call.params.room_id } : denied(),
  methods: {
    GET: {
      summary: "The notes of a room",
      query: Type.Object({ limit: Type.Optional(Type.Integer()) }),
      response: { 200: Page(Note) },
      handle: async (call) => {
        const page = parsePage(call.query);
        return pageOf(
          Array.from({ length: page.limit }, (_, index) => note(page.offset + index + 1)),
          page,
          call.url,
        );
      },
    },
    POST: {
      summary: "Write a note",
      body: Draft,
      response: { 201: Type.Object({ room: Type.Integer(), body: Type.Unknown() }) },
      rules: ({ body }) =>
        body.kind === "loud" ? { kind: [texts.WRONG_STATE], text: [texts.TOO_LONG] } : null,
      handle: async (call) => reply(201, { room: call.context.room, body: call.body }, { etag: '"1"' }),
    },
  },
});

export const oneNote = defineResource({
  path: "/notes/:id",
  params: { id: "id" },
  policy: "signedIn",
  methods: {
    GET: {
      summary: "A note",
      response: { 200: Note },
      handle: async (call) => {
        if (call.params.id !== 1) throw notFound();
        return note(1);
      },
    },
    PATCH: {
      summary: "Change a note",
      body: Draft,
      response: { 200: Type.Unknown() },
      handle: async (call) => call.body,
    },
    DELETE: { summary: "Delete a note", response: { 204: Type.Null() }, handle: async () => reply(204) },
  },
});

export const broken = defineResource({
  path: "/broken/:name",
  params: { name: "string" },
  policy: "public",
  methods: {
    GET: {
      summary: "Fails",
      response: { 200: Type.Unknown() },
      handle: async () => {
        throw new Error("the password is swordfish");
      },
    },
  },
});

/** `user: 5` in the authorization header is who it is; "wrong" is a bad token. */
export async function authenticate(request: { headers: { authorization?: string } }): Promise<Caller | null> {
  const { authorization } = request.headers;
  if (authorization === "wrong") throw unauthorized(texts.wrongCredentials);
  if (authorization === undefined) return null;
  const id = Number(authorization);
  return { id, isSuperuser: id === 9, language: null, timeZone: null };
}

export async function roomsApp(
  settings: Partial<HttpSettings> = {},
  options: Partial<HttpOptions> = {},
): Promise<FastifyInstance> {
  return await buildHttp({
    resources: [notes, oneNote, broken] satisfies Resource[],
    settings: { ...HTTP_DEFAULTS, logLevel: "silent", ...settings },
    authenticate,
    allow: (policy, caller, asked) => policy !== "notes" || asked.room === 1 || caller.isSuperuser,
    isReady: async () => ({ database: true }),
    api: { ...UNDESCRIBED, version: "1.0.0" },
    ...options,
  });
}
