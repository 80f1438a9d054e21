import { Type } from "typebox";
import { expect, it } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import { createColloquy, type SettingsInput } from "../index.ts";
import { ensureAccount } from "./queries.ts";

const SHAPE = Type.Object({
  id: Type.Integer(),
  nick: Type.String(),
  title: Type.Union([Type.String(), Type.Null()]),
});

async function open(settings: SettingsInput) {
  const database = await freshDatabase();
  const colloquy = await createColloquy({ auth: { dev: true }, ...settings }, { database });
  await ensureAccount(database, 1, { first_name: "Ann", is_superuser: true });
  await ensureAccount(database, 2, { first_name: "Bob" });
  const { id } = await colloquy.threads.create({ creator: 1 });
  const get = async (path: string) =>
    (await colloquy.app.inject({ url: `/api${path}`, headers: { "x-user-id": "1" } })).json();
  return { colloquy, get, thread: id };
}

it("shows others of a person what the default shape names, and neither rights nor language", async () => {
  const { colloquy, get, thread } = await open({});
  const ann = { id: 1, first_name: "Ann", last_name: "", avatar: null };
  expect((await get(`/threads/${thread}`)).users_data).toEqual([ann]);
  expect((await colloquy.threads.get(thread, 1)).users_data).toEqual([ann]);
  expect(await get("/accounts/me")).toEqual({ ...ann, is_superuser: true, language: null, time_zone: null });
  await colloquy.close();
});

it("shows people in the host's shape wherever an account stands, in answers and in the document", async () => {
  const people = [{ id: 1, nick: "ann", title: "Dr.", password: "hidden" }];
  const { colloquy, get, thread } = await open({
    accounts: { shape: SHAPE },
    findAccounts: (ids) => people.filter(({ id }) => ids.includes(id)),
  });
  const ann = { id: 1, nick: "ann", title: "Dr." };
  await colloquy.messages.post(thread, 1, { text: "Hello" });
  const seen = await get(`/threads/${thread}`);
  expect(seen.users_data).toEqual([ann]);
  expect(seen.last_message_data.sender_data).toEqual(ann);
  expect(await get(`/threads/${thread}/users`)).toMatchObject([{ users_data: ann }]);
  expect(await get("/accounts/me")).toMatchObject(ann);
  const { Account, Me, Message } = (await get("/openapi.json")).components.schemas;
  expect(Object.keys(Account.properties)).toEqual(["id", "nick", "title"]);
  expect(Object.keys(Me.properties)).toEqual([
    "id",
    "nick",
    "title",
    "is_superuser",
    "language",
    "time_zone",
  ]);
  expect(Message.properties.sender_data.anyOf[0]).toEqual({ $ref: "#/components/schemas/Account" });
  await colloquy.close();
});

it("shows a blank in the host's shape for somebody whose account is gone", async () => {
  const { colloquy, get, thread } = await open({ accounts: { shape: SHAPE }, findAccounts: () => [] });
  expect((await get(`/threads/${thread}`)).users_data).toEqual([{ id: 1, nick: "", title: null }]);
  await colloquy.close();
});

it("refuses a shape without an id, and policies and events that do not exist", async () => {
  const refused = (settings: object) => expect(createColloquy({ database: "memory:", ...settings })).rejects;
  await refused({ accounts: { shape: Type.Object({ nick: Type.String() }) } }).toThrow("with an `id`");
  await refused({ policies: { threadObjct: () => true } }).toThrow("did you mean policies.threadObject?");
  await refused({ on: { message_create: () => {} } }).toThrow("did you mean on.message_created?");
});
