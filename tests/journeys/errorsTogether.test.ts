import { beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

// Page 7: all errors of a request together; a field's own error wins over a rule's for the same key.

const OWNER = 2;
const MEMBER = 3;
const OTHER = 4;

let server: TestServer;
let thread: number;

beforeAll(async () => {
  server = await startServer();
  ({ id: thread } = await server.colloquy.threads.create({ creator: OWNER }));
  await server.colloquy.members.edit(thread, OWNER, { permissions: 8191 & ~2048 });
  await server.colloquy.members.add(thread, MEMBER);
});

const ONE = "Ensure this value is greater than or equal to 0.";

async function expectErrors(
  method: "post" | "put" | "patch",
  path: string,
  body: object,
  errors: object,
): Promise<void> {
  const answer = await server.as(OWNER)[method](`/threads/${thread}${path}`, body);
  expect([answer.status, answer.body]).toEqual([400, errors]);
}

test("a thread's fields with what its state lacks", async () => {
  const body = { title: "", state: "scripted", notifications: -1 };
  const errors = {
    title: ["This field may not be blank."],
    notifications: [ONE],
    schema: ["REQUIRED"],
    state: ["Only one scripted mode per thread is allowed."],
  };
  await expectErrors("patch", "", body, errors);
  await expectErrors("put", "", body, errors);
});

test("a new member's fields with who they are, what they may do and their mode", async () => {
  await expectErrors(
    "post",
    "/users",
    { user: MEMBER, permissions: 2048, notifications: -1, state: "scripted", frequency_unit: "days" },
    {
      user: ["User already exists in this thread."],
      permissions: ["Cannot set higher permissions that the request user possess."],
      notifications: [ONE],
      schema: ["REQUIRED"],
      frequency_value: ["REQUIRED"],
    },
  );
  await expectErrors(
    "post",
    "/users",
    { permissions: 2048, state: "open", schema: 999 },
    {
      user: ["This field is required."],
      permissions: ["Cannot set higher permissions that the request user possess."],
      schema: ['Invalid pk "999" - object does not exist.'],
    },
  );
  await expectErrors(
    "post",
    "/users",
    { user: OTHER, permissions: "many", schema: 999 },
    {
      permissions: ["A valid integer is required."],
      schema: ['Invalid pk "999" - object does not exist.'],
    },
  );
});

test("a member's fields with what they may be given and their mode", async () => {
  const body = { permissions: 2048, notifications: "all", state: "assisted", frequency_value: 0 };
  const errors = {
    permissions: ["Cannot set higher permissions that the request user possess."],
    notifications: ["A valid integer is required."],
    schema: ["REQUIRED"],
    frequency_unit: ["REQUIRED"],
    frequency_value: ["FREQUENCY_VALUE_MUST_BE_POSITIVE"],
  };
  await expectErrors("patch", `/users/${MEMBER}`, body, errors);
  await expectErrors("put", `/users/${MEMBER}`, body, errors);
});
