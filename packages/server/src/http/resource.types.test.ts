import { type ApiError, Bool, denied, fields, Pk, Text } from "@colloquy/protocol";
import { Type } from "typebox";
import { expect, expectTypeOf, it } from "vitest";
import type { Caller } from "../policies/caller.ts";
import { defineResource, NoContent } from "./resource.ts";

interface Room {
  open: boolean;
}

const Draft = fields({ text: Text(), reply_to: Pk({ required: false }), silent: Bool({ default: false }) });

it("infers caller, params, context and each method's body", () => {
  const resource = defineResource({
    path: "/rooms/:room_id/notes/:name",
    params: { room_id: "id", name: "string" },
    policy: "notes",
    context: async (call): Promise<Room | ApiError> => {
      expectTypeOf(call.params).toEqualTypeOf<{ readonly room_id: number | null; readonly name: string }>();
      return call.params.room_id === null ? denied() : { open: true };
    },
    methods: {
      GET: {
        summary: "A note",
        response: { 200: Type.Object({ ok: Type.Boolean() }) },
        handle: async (call) => {
          expectTypeOf(call.context).toEqualTypeOf<Room>();
          expectTypeOf(call.caller).toEqualTypeOf<Caller>();
          return { ok: call.context.open };
        },
      },
      POST: {
        summary: "Write",
        body: Draft,
        response: { 204: NoContent },
        handle: async (call) => {
          expectTypeOf(call.body.text).toEqualTypeOf<string>();
          expectTypeOf(call.body.reply_to).toEqualTypeOf<number | undefined>();
          expectTypeOf(call.body.silent).toEqualTypeOf<boolean>();
        },
      },
      PUT: {
        summary: "Rewrite",
        body: Draft,
        partial: true,
        response: { 204: NoContent },
        handle: async (call) => {
          expectTypeOf(call.body.text).toEqualTypeOf<string | undefined>();
        },
      },
      PATCH: {
        summary: "Change",
        body: Draft,
        response: { 204: NoContent },
        rules: (call) => {
          expectTypeOf(call.body.text).toEqualTypeOf<string | undefined>();
          return null;
        },
        handle: async (call) => {
          expectTypeOf(call.body.silent).toEqualTypeOf<boolean | undefined>();
        },
      },
    },
  });
  expect(resource.methods.PATCH?.partial).toBe(true);
});

it("knows no caller on a public resource", () => {
  const resource = defineResource({
    path: "/about",
    policy: "public",
    methods: {
      GET: {
        summary: "About",
        response: { 200: Type.Object({}) },
        handle: (call) => {
          expectTypeOf(call.caller).toEqualTypeOf<null>();
          return {};
        },
      },
    },
  });
  expect(resource.policy).toBe("public");
});
