import { fields, JsonField, ListOf, Nested, Pk, Text } from "@colloquy/protocol";
import { Type } from "typebox";
import { afterAll, expect, it } from "vitest";
import { buildHttp } from "./buildHttp.ts";
import { UNDESCRIBED } from "./openapi/description.ts";
import { defineResource } from "./resource.ts";
import { HTTP_DEFAULTS } from "./settings.ts";
import { authenticate } from "./testing/rooms.ts";

const Item = fields({ related_question: Pk({ required: false }), meta: JsonField({ required: false }) });
const post = (path: string, method: object) =>
  defineResource({
    path,
    policy: "signedIn",
    methods: {
      POST: { summary: "", response: { 200: Type.Unknown() }, handle: () => "done", ...method },
    },
  });

let logged = "";
const serving = (tellsUnknownFields: boolean) =>
  buildHttp({
    resources: [
      post("/thread", {
        body: fields({ title: Text(), items: ListOf(Nested(Item), { required: false }) }),
      }),
      post("/list", { body: fields({ items: ListOf(Nested(Item)) }), list: "items" }),
      post("/document", { body: fields({}) }),
    ],
    settings: { ...HTTP_DEFAULTS, logLevel: "warn", tellsUnknownFields },
    authenticate,
    allow: () => true,
    isReady: async () => ({}),
    api: UNDESCRIBED,
    log: {
      write(line) {
        logged += line;
      },
    },
  });
const [app, quiet] = [await serving(true), await serving(false)];
afterAll(() => Promise.all([app.close(), quiet.close()]));

async function told(path: string, payload: object | string, server = app): Promise<unknown> {
  const form = typeof payload === "string" ? { "content-type": "application/x-www-form-urlencoded" } : {};
  const headers = { authorization: "5", ...form };
  const answer = await server.inject({ method: "POST", url: `/api${path}`, headers, payload });
  expect(answer.statusCode).toBeLessThan(500);
  return answer.headers["colloquy-unknown-fields"];
}

it("names the fields that it ignores, and which was meant, in answers good and bad and in the log", async () => {
  expect(await told("/thread", { title: "a", titel: "b", zzz: 1 })).toBe("titel (did you mean title?), zzz");
  expect(JSON.parse(logged)).toMatchObject({ level: 40, fields: ["titel (did you mean title?)", "zzz"] });
  expect(await told("/thread", { titel: "b" })).toBe("titel (did you mean title?)");
  expect(await told("/thread", "titel=b&title=a")).toBe("titel (did you mean title?)");
  expect(await told("/thread", { title: "a" })).toBeUndefined();
  expect(await told("/thread", { titel: "b" }, quiet)).toBeUndefined();
});

it("looks into lists, and into no free JSON or document", async () => {
  const items = [{ related_qestion: 1 }, { related_qestion: 2, meta: { titel: 1 } }, null, 5];
  const meant = "items.related_qestion (did you mean items.related_question?)";
  expect(await told("/thread", { title: "a", items })).toBe(meant);
  expect(await told("/list", items)).toBe(meant.replaceAll("items.", ""));
  expect(await told("/document", { titel: 1 })).toBeUndefined();
});

it("tells a few short names in plain characters, whatever is sent", async () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field ${index}`, 1]));
  expect(await told("/thread", many)).toBe(
    Array.from({ length: 10 }, (_, index) => `field%20${index}`).join(", "),
  );
  const nasty = { "\r\nset-cookie: a=b": 1, "ż\ud800": 1, ["x".repeat(100_000)]: 1 };
  expect(await told("/thread", nasty)).toBe(
    `%0D%0Aset-cookie%3A%20a%3Db, %C5%BC%EF%BF%BD, ${"x".repeat(40)}...`,
  );
  expect(
    await told(
      "/list",
      Array.from({ length: 1_000 }, (_, index) => ({ [`x${index}`]: 1 })),
    ),
  ).toMatch(/^(x\d, ){9}x9$/);
});
