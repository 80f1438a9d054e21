import { beforeAll, describe, expect, test } from "vitest";
import type { Colloquy } from "../../packages/server/src/createColloquy.ts";
import { ALL_PERMISSIONS } from "../../packages/server/src/policies/bits.ts";
import { IN_CODE, ONLY_IN_CODE } from "../../packages/server/src/service/operations.ts";
import { DOT } from "../support/dot.ts";
import { person } from "../support/people.ts";
import { type Answer, type As, startServer, type TestServer } from "../support/server.ts";

// The API and the service do the same: each operation is done on two servers with the same content, on one of them over
// HTTP and on the other in code, and both must answer the same and leave the same behind.

const [ADMIN, ANN, BOB, DOC] = [1, 2, 3, 4].map(person) as [never, never, never, never];

let overHttp: TestServer;
let inCode: TestServer;

/** Who begins a thread may do everything there, as the host may. */
const SETTINGS = { threads: { creatorPermissions: ALL_PERMISSIONS } };

beforeAll(async () => {
  [overHttp, inCode] = await Promise.all([startServer(SETTINGS), startServer(SETTINGS)]);
  await Promise.all([overHttp, inCode].map(({ colloquy: { db } }) => db.query(COUNT_FROM_ONE)));
});

/** So that both servers give the same ids. */
const COUNT_FROM_ONE = {
  name: "count_from_one",
  text: `select setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) from pg_sequences
    where schemaname = 'colloquy' and sequencename <> 'account_id_seq'`,
};

interface Step {
  operation: keyof typeof IN_CODE;
  http(as: (user: never) => As): Promise<Answer>;
  code(colloquy: Colloquy): Promise<unknown>;
  /** What of both answers is compared; by default all of it, or nothing where one of them has none. */
  shown?(result: never): unknown;
}

const SLEEP = {
  format: "colloquy.schema/1",
  name: "sleep",
  type: "automated_flow",
  questions: [
    {
      qid: 1,
      type: "choice",
      text: "Did you sleep well?",
      answers: [
        { text: "Yes", next_qid: 2, variable_modifications: [["good", "good + 1"]] },
        { text: "No", next_qid: 2 },
      ],
    },
    { qid: 2, type: "text", text: "How come?", next_qid: 3 },
    { qid: 3, type: "message", text: "Thank you.", next_qid: -1 },
  ],
};
const FORM = { ...SLEEP, name: "sleep form" };

/** The ids that the first of everything gets. */
const [SLEEP_ID, FORM_ID, COPY_ID, YES, NO, OPEN, FORM_YES, FORM_CHOICE, FORM_OPEN] = [
  1, 2, 3, 1, 2, 2, 3, 4, 5,
];
const [THREAD, SURVEY] = [1, 1];

const steps: Step[] = [
  {
    operation: "POST /admin/schemas",
    http: (as) => as(ADMIN).post("/admin/schemas", SLEEP),
    code: ({ schemas }) => schemas.load(SLEEP, { publish: false }),
  },
  {
    operation: "POST /admin/schemas/import",
    http: (as) => as(ADMIN).post("/admin/schemas/import?publish=true", FORM),
    code: ({ schemas }) => schemas.load(FORM),
  },
  {
    operation: "PUT /admin/schemas/:id",
    http: (as) => as(ADMIN).put(`/admin/schemas/${SLEEP_ID}`, { ...SLEEP, language: "de" }),
    code: ({ schemas }) => schemas.replace(SLEEP_ID, { ...SLEEP, language: "de" }),
  },
  {
    operation: "PATCH /admin/schemas/:id",
    http: (as) => as(ADMIN).patch(`/admin/schemas/${SLEEP_ID}`, { name: "rest", language: "en" }),
    code: ({ schemas }) => schemas.edit(SLEEP_ID, { name: "rest", language: "en" }),
  },
  {
    operation: "POST /admin/schemas/:id/publish",
    http: (as) => as(ADMIN).post(`/admin/schemas/${SLEEP_ID}/publish`, {}),
    code: ({ schemas }) => schemas.publish(SLEEP_ID),
  },
  {
    operation: "POST /admin/schemas/:id/copy",
    http: (as) => as(ADMIN).post(`/admin/schemas/${SLEEP_ID}/copy`),
    code: ({ schemas }) => schemas.copy(SLEEP_ID),
  },
  {
    operation: "GET /admin/schemas/:id",
    http: (as) => as(ADMIN).get(`/admin/schemas/${COPY_ID}`),
    code: ({ schemas }) => schemas.get(COPY_ID),
  },
  {
    operation: "GET /admin/schemas/:id/check",
    http: (as) => as(ADMIN).get(`/admin/schemas/${COPY_ID}/check`),
    code: ({ schemas }) => schemas.check(COPY_ID),
  },
  {
    operation: "GET /admin/schemas/:id/document",
    http: (as) => as(ADMIN).get(`/admin/schemas/${COPY_ID}/document`),
    code: ({ schemas }) => schemas.document(COPY_ID),
  },
  {
    operation: "POST /admin/schemas/:id/simulate",
    http: (as) => as(ADMIN).post(`/admin/schemas/${SLEEP_ID}/simulate`, { answers: [{ answers: [YES] }] }),
    code: ({ schemas }) => schemas.simulate(SLEEP_ID, [{ answers: [YES] }]),
  },
  {
    operation: "DELETE /admin/schemas/:id",
    http: (as) => as(ADMIN).delete(`/admin/schemas/${COPY_ID}`),
    code: ({ schemas }) => schemas.remove(COPY_ID),
  },
  {
    operation: "GET /admin/schemas",
    http: (as) => as(ADMIN).get("/admin/schemas?ordering=-id&type=automated_flow"),
    code: ({ schemas }) => schemas.list({ ordering: "-id", type: "automated_flow" }),
  },
  {
    operation: "GET /schemas/:key",
    http: (as) => as(ANN).get(`/schemas/${SLEEP_ID}`),
    code: ({ schemas }) => schemas.get(SLEEP_ID),
  },
  {
    operation: "POST /accounts/:user_id/threads/:type",
    http: (as) =>
      as(ANN).post(`/accounts/${encode(ANN)}/threads/chat`, {
        title: "Nights",
        state: "scripted",
        schema: SLEEP_ID,
      }),
    code: ({ threads }) =>
      threads.create({ creator: ANN, title: "Nights", state: "scripted", schema: SLEEP_ID }),
  },
  {
    operation: "POST /threads/:thread_id/users",
    http: (as) => as(ANN).post(`/threads/${THREAD}/users`, { user: BOB, permissions: 17 }),
    code: ({ members }) => members.add(THREAD, BOB, { permissions: 17 }),
    shown: member,
  },
  {
    operation: "GET /threads/:thread_id/users",
    http: (as) => as(ANN).get(`/threads/${THREAD}/users`),
    code: ({ members }) => members.list(THREAD),
    shown: (members: never[]) => members.map(member),
  },
  {
    operation: "GET /threads/:thread_id/users/:user_id",
    http: (as) => as(ANN).get(`/threads/${THREAD}/users/${encode(BOB)}`),
    code: ({ members }) => members.get(THREAD, BOB),
    shown: member,
  },
  {
    operation: "GET /threads/:thread_id",
    http: (as) => as(ANN).get(`/threads/${THREAD}`),
    code: ({ threads }) => threads.get(THREAD, ANN),
  },
  {
    operation: "POST /threads/:thread_id/messages",
    http: (as) => as(ANN).post(`/threads/${THREAD}/messages`, { answers: [NO] }),
    code: ({ messages }) => messages.post(THREAD, ANN, { answers: [NO] }),
    shown: ({ thread_data: _thread, ...message }: { thread_data: unknown }) => message,
  },
  {
    operation: "POST /threads/:thread_id/rollback",
    http: (as) => as(ANN).post(`/threads/${THREAD}/rollback`, {}),
    code: ({ runs }) => runs.rollback(THREAD, ANN),
    shown: Boolean,
  },
  {
    operation: "POST /threads/:thread_id/messages",
    http: (as) => as(ANN).post(`/threads/${THREAD}/messages`, { answers: [YES] }),
    code: ({ messages }) => messages.post(THREAD, ANN, { answers: [YES] }),
    shown: ({ text, answers }: { text: string; answers: number[] }) => [text, answers],
  },
  {
    operation: "POST /threads/:thread_id/messages",
    http: (as) => as(ANN).post(`/threads/${THREAD}/messages`, { text: "A quiet night" }),
    code: ({ messages }) => messages.post(THREAD, ANN, { text: "A quiet night" }),
    shown: ({ text, related_question }: { text: string; related_question: number }) => [
      text,
      related_question === OPEN,
    ],
  },
  {
    operation: "POST /threads/:thread_id/messages",
    http: (as) => as(ANN).post(`/threads/${THREAD}/messages`, { text: "See you" }),
    code: ({ messages }) => messages.post(THREAD, ANN, { text: "See you" }),
    shown: ({ text }: { text: string }) => text,
  },
  {
    operation: "GET /threads/:thread_id/messages",
    http: (as) =>
      as(ANN).get(`/threads/${THREAD}/messages?text=See you&fields=id,text,is_own,sender,answers`),
    code: ({ messages }) => messages.list(THREAD, ANN, { text: "See you" }),
    shown: (found: { results: Written[] } | Written[]) => listOf(found).map(written),
  },
  {
    operation: "PATCH /threads/:thread_id/messages/:id",
    http: async (as) =>
      as(ANN).patch(`/threads/${THREAD}/messages/${await newest(as)}`, { text: "See you soon" }),
    code: async ({ messages }) =>
      messages.edit(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, { text: "See you soon" }),
    shown: ({ text, type }: { text: string; type: string }) => [text, type],
  },
  {
    operation: "PUT /threads/:thread_id/messages/:id",
    http: async (as) =>
      as(ANN).put(`/threads/${THREAD}/messages/${await newest(as)}`, { text: "Until then", meta: { a: 1 } }),
    code: async ({ messages }) =>
      messages.edit(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, {
        text: "Until then",
        meta: { a: 1 },
      }),
    shown: ({ text, meta }: { text: string; meta: unknown }) => [text, meta],
  },
  {
    operation: "GET /threads/:thread_id/messages/:id",
    http: async (as) => as(ANN).get(`/threads/${THREAD}/messages/${await newest(as)}?fields=${WRITTEN}`),
    code: async ({ messages }) => messages.get(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, ANN),
    shown: written,
  },
  {
    operation: "GET /search",
    http: (as) => as(ANN).get("/search?q=until"),
    code: ({ messages }) => messages.search(ANN, "until"),
    shown: (found: { results: unknown[] } | unknown[]) => listOf(found),
  },
  {
    operation: "GET /threads/:thread_id/search",
    http: (as) => as(BOB).get(`/threads/${THREAD}/search?q=quiet -loud`),
    code: ({ messages }) => messages.search(BOB, "quiet -loud", { thread: THREAD }),
    shown: (found: { results: unknown[] } | unknown[]) => listOf(found),
  },
  {
    operation: "GET /messages/:id/history",
    http: async (as) => as(ADMIN).get(`/messages/${await newest(as)}/history`),
    code: async ({ messages }) => messages.history((await messages.list(THREAD, ANN)).at(-1)!.id),
    shown: (versions: { text: string }[]) => versions.map(({ text }) => text),
  },
  {
    operation: "POST /threads/:thread_id/messages/:message_id/attachments",
    http: async (as) =>
      as(ANN).post(await attachmentsOf(as), { type: "image", title: "Dot", file_content: DOT }),
    code: async ({ attachments, messages }) =>
      attachments.add(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, {
        type: "image",
        title: "Dot",
        content: Buffer.from(DOT, "base64"),
      }),
    shown: attachment,
  },
  {
    operation: "GET /threads/:thread_id/messages/:message_id/attachments",
    http: async (as) => as(ANN).get(await attachmentsOf(as)),
    code: async ({ attachments, messages }) =>
      attachments.list(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, ANN),
    shown: (found: never[]) => found.map(attachment),
  },
  {
    operation: "GET /threads/:thread_id/messages/:message_id/attachments/:id",
    http: async (as) => as(ANN).get(`${await attachmentsOf(as)}/1`),
    code: async ({ attachments, messages }) =>
      attachments.get(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, 1, ANN),
    shown: attachment,
  },
  {
    operation: "GET /files/:id",
    http: async (as) => {
      const { src } = (await as(ANN).get(`${await attachmentsOf(as)}/1`)).body;
      return as(ANN).get(src.slice("/api".length));
    },
    code: async ({ attachments, messages }) => {
      const { id } = (await messages.list(THREAD, ANN)).at(-1)!;
      const { bytes, media_type, size } = await attachments.read(THREAD, id, 1);
      expect([media_type, Buffer.concat(await bytes.toArray()).length]).toEqual(["image/png", size]);
    },
    shown: () => null,
  },
  {
    operation: "PATCH /threads/:thread_id/messages/:message_id/attachments/:id",
    http: async (as) => as(ANN).patch(`${await attachmentsOf(as)}/1`, { title: "A dot" }),
    code: async ({ attachments, messages }) =>
      attachments.edit(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, 1, { title: "A dot" }),
    shown: attachment,
  },
  {
    operation: "PUT /threads/:thread_id/messages/:message_id/attachments/:id",
    http: async (as) =>
      as(ANN).put(`${await attachmentsOf(as)}/1`, { type: "youtube", url: "https://youtu.be/x" }),
    code: async ({ attachments, messages }) =>
      attachments.edit(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, 1, {
        type: "youtube",
        url: "https://youtu.be/x",
      }),
    shown: attachment,
  },
  {
    operation: "DELETE /threads/:thread_id/messages/:message_id/attachments/:id",
    http: async (as) => as(ANN).delete(`${await attachmentsOf(as)}/1`),
    code: async ({ attachments, messages }) =>
      attachments.remove(THREAD, (await messages.list(THREAD, ANN)).at(-1)!.id, 1),
  },
  {
    operation: "POST /threads/:thread_id/read",
    http: async (as) => as(BOB).post(`/threads/${THREAD}/read`, { message: await newest(as) }),
    code: async ({ messages }) =>
      messages.markAsRead(THREAD, BOB, (await messages.list(THREAD, ANN)).at(-1)!.id),
  },
  {
    operation: "DELETE /threads/:thread_id/messages/:id",
    http: async (as) => {
      await as(ANN).post(`/threads/${THREAD}/messages`, { text: "In vain" });
      return as(ANN).delete(`/threads/${THREAD}/messages/${await newest(as)}`);
    },
    code: async ({ messages }) => {
      const sent = await messages.post(THREAD, ANN, { text: "In vain" });
      await messages.remove(THREAD, sent!.id);
    },
  },
  {
    operation: "PATCH /threads/:thread_id",
    http: (as) => as(ANN).patch(`/threads/${THREAD}`, { title: "Good nights" }),
    code: ({ threads }) => threads.edit(THREAD, { title: "Good nights" }),
  },
  {
    operation: "PUT /threads/:thread_id",
    http: (as) => as(ANN).put(`/threads/${THREAD}`, { title: "Better nights", state: "open" }),
    code: ({ threads }) => threads.edit(THREAD, { title: "Better nights", state: "open" }),
  },
  {
    operation: "PATCH /threads/:thread_id/users/:user_id",
    http: (as) => as(ANN).patch(`/threads/${THREAD}/users/${encode(BOB)}`, { permissions: 19 }),
    code: ({ members }) => members.edit(THREAD, BOB, { permissions: 19 }),
    shown: member,
  },
  {
    operation: "PUT /threads/:thread_id/users/:user_id",
    http: (as) => as(ANN).put(`/threads/${THREAD}/users/${encode(BOB)}`, { permissions: 17, language: "de" }),
    code: ({ members }) => members.edit(THREAD, BOB, { permissions: 17, language: "de" }),
    shown: member,
  },
  {
    operation: "GET /accounts/:user_id/threads/:type",
    http: (as) => as(BOB).get(`/accounts/${encode(BOB)}/threads/chat?title__icontains=nights`),
    code: ({ threads }) => threads.list(BOB, { type: "chat", title__icontains: "nights" }),
    shown: listOf,
  },
  {
    operation: "DELETE /threads/:thread_id/users/:user_id",
    http: (as) => as(BOB).delete(`/threads/${THREAD}/users/${encode(BOB)}`),
    code: ({ members }) => members.remove(THREAD, BOB),
  },
  {
    operation: "POST /threads/:thread_id/ws-subscribe",
    http: (as) => as(ADMIN).post(`/threads/${THREAD}/ws-subscribe`),
    code: ({ threads }) => threads.follow(THREAD, ADMIN),
  },
  {
    operation: "POST /admin/threads",
    http: (as) =>
      as(ADMIN).post("/admin/threads", {
        creator: BOB,
        title: "Check-in",
        state: "scripted",
        schema: SLEEP_ID,
        members: [{ user: DOC, permissions: 531 }],
      }),
    code: ({ threads }) =>
      threads.create({
        creator: BOB,
        title: "Check-in",
        state: "scripted",
        schema: SLEEP_ID,
        members: [{ user: DOC, permissions: 531 }],
      }),
    shown: ({ title, users_data }: { title: string; users_data: unknown }) => [title, users_data],
  },
  {
    operation: "GET /admin/threads",
    http: (as) => as(ADMIN).get(`/admin/threads?member=${encode(DOC)}&title=Check-in`),
    code: ({ threads }) => threads.listAll({ member: DOC, title: "Check-in" }),
    shown: listOf,
  },
  {
    operation: "GET /admin/threads/:thread_id",
    http: (as) => as(ADMIN).get(`/admin/threads/${THREAD + 1}`),
    code: ({ threads }) => threads.get(THREAD + 1, ADMIN),
  },
  {
    operation: "DELETE /threads/:thread_id",
    http: (as) => as(BOB).delete(`/threads/${THREAD + 1}`),
    code: ({ members }) => members.remove(THREAD + 1, BOB),
  },
  {
    operation: "GET /sync",
    http: (as) => as(ANN).get("/sync?since=x"),
    code: ({ sync }) => sync(ANN, "x"),
    shown: ({ event: _event, ...page }: { event: string }) => page,
  },
  {
    operation: "POST /accounts/:user_id/surveys",
    http: (as) => as(ANN).post(`/accounts/${encode(ANN)}/surveys`, { schema: FORM_ID }),
    code: ({ surveys }) => surveys.create({ user: ANN, schema: FORM_ID }),
  },
  {
    operation: "POST /surveys/:survey_id/items",
    http: (as) =>
      as(ANN).post(`/surveys/${SURVEY}/items`, {
        related_question: FORM_CHOICE,
        answers: [FORM_YES],
        verify: true,
      }),
    code: ({ surveys }) => surveys.verify(SURVEY, { related_question: FORM_CHOICE, answers: [FORM_YES] }),
  },
  {
    operation: "PUT /surveys/:survey_id/items",
    http: (as) =>
      as(ANN).put(`/surveys/${SURVEY}/items`, [
        { related_question: FORM_CHOICE, answers: [FORM_YES] },
        { related_question: FORM_OPEN, text: "Quiet" },
      ]),
    code: async ({ surveys }) => {
      await surveys.answer(SURVEY, [
        { related_question: FORM_CHOICE, answers: [FORM_YES] },
        { related_question: FORM_OPEN, text: "Quiet" },
      ]);
      return surveys.items(SURVEY);
    },
  },
  {
    operation: "PATCH /surveys/:survey_id/items/:id",
    http: (as) => as(ANN).patch(`/surveys/${SURVEY}/items/2`, { meta: { mood: 3 } }),
    code: ({ surveys }) => surveys.editItem(SURVEY, 2, { meta: { mood: 3 } }),
  },
  {
    operation: "PUT /surveys/:survey_id/items/:id",
    http: (as) => as(ANN).put(`/surveys/${SURVEY}/items/2`, { text: "Very quiet" }),
    code: ({ surveys }) => surveys.editItem(SURVEY, 2, { text: "Very quiet", meta: null }),
  },
  {
    operation: "GET /surveys/:survey_id/items/:id",
    http: (as) => as(ANN).get(`/surveys/${SURVEY}/items/2`),
    code: ({ surveys }) => surveys.item(SURVEY, 2),
  },
  {
    operation: "GET /surveys/:survey_id/items",
    http: (as) => as(ANN).get(`/surveys/${SURVEY}/items`),
    code: ({ surveys }) => surveys.items(SURVEY),
  },
  {
    operation: "GET /surveys/:id",
    http: (as) => as(ANN).get(`/surveys/${SURVEY}`),
    code: ({ surveys }) => surveys.get(SURVEY),
    shown: survey,
  },
  ...(["PUT", "PATCH"] as const).map(
    (method): Step => ({
      operation: `${method} /surveys/:id`,
      http: (as) => as(ANN).request(`/surveys/${SURVEY}`, { method }),
      code: ({ surveys }) => surveys.get(SURVEY),
      shown: survey,
    }),
  ),
  {
    operation: "POST /admin/surveys",
    http: (as) => as(ADMIN).post("/admin/surveys", { user: BOB, schema: FORM_ID, automated_sender: DOC }),
    code: ({ surveys }) => surveys.create({ user: BOB, schema: FORM_ID, automated_sender: DOC }),
  },
  {
    operation: "GET /surveys",
    http: (as) => as(ADMIN).get("/surveys?limit=1"),
    code: ({ surveys }) => surveys.list({ limit: 1 }),
    shown: listOf,
  },
  {
    operation: "GET /accounts/:user_id/surveys",
    http: (as) => as(ANN).get(`/accounts/${encode(ANN)}/surveys`),
    code: ({ surveys }) => surveys.list({ user: ANN }),
    shown: listOf,
  },
  {
    operation: "GET /admin/surveys",
    http: (as) => as(ADMIN).get(`/admin/surveys?user=${encode(BOB)}`),
    code: ({ surveys }) => surveys.list({ user: BOB }),
    shown: listOf,
  },
  {
    operation: "GET /admin/surveys/:id",
    http: (as) => as(ADMIN).get(`/admin/surveys/${SURVEY}`),
    code: ({ surveys }) => surveys.get(SURVEY),
  },
  {
    operation: "GET /admin/surveys/:id/items",
    http: (as) => as(ADMIN).get(`/admin/surveys/${SURVEY}/items`),
    code: ({ surveys }) => surveys.items(SURVEY),
  },
  {
    operation: "GET /admin/surveys/export",
    http: (as) => as(ADMIN).get("/admin/surveys/export?name=sleep form&format=json&completed=true"),
    code: async ({ surveys }) => {
      const { content } = await surveys.export({ name: "sleep form", format: "json", completed: true });
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(chunk);
      return JSON.parse(Buffer.concat(chunks).toString());
    },
  },
  {
    operation: "GET /admin/surveys/aggregate",
    http: (as) => as(ADMIN).get("/admin/surveys/aggregate?name=sleep form"),
    code: ({ surveys }) => surveys.aggregate({ name: "sleep form" }),
  },
  {
    operation: "DELETE /surveys/:survey_id/items/:id",
    http: (as) => as(ANN).delete(`/surveys/${SURVEY}/items/2`),
    code: ({ surveys }) => surveys.removeItem(SURVEY, 2),
  },
  {
    operation: "DELETE /surveys/:id",
    http: (as) => as(BOB).delete(`/surveys/${SURVEY + 1}`),
    code: ({ surveys }) => surveys.remove(SURVEY + 1),
  },
  {
    operation: "POST /admin/accounts",
    http: (as) => as(ADMIN).post("/admin/accounts", { first_name: "Eve", ...newId() }),
    code: ({ accounts }) => accounts.add({ first_name: "Eve", ...newId() }),
  },
  {
    operation: "GET /admin/accounts",
    http: (as) => as(ADMIN).get("/admin/accounts?limit=2&offset=1"),
    code: ({ accounts }) => accounts.list({ limit: 2, offset: 1 }),
    shown: (found: { results: unknown[] } | unknown[]) => listOf(found),
  },
  {
    operation: "GET /accounts/me",
    http: (as) => as(ANN).get("/accounts/me"),
    code: ({ accounts }) => accounts.get(ANN),
    shown: ({ id, first_name }: { id: unknown; first_name: string }) => [id, first_name],
  },
  {
    operation: "POST /ws-ticket",
    http: (as) => as(ANN).post("/ws-ticket"),
    code: async ({ tokens }) => ({
      token: await tokens.ticket({ id: ANN, isSuperuser: false, language: null, timeZone: null }),
    }),
    shown: ({ token }: { token: string }) => token.split(".").length,
  },
];

describe("does the same over HTTP and in code", () => {
  test.each(steps.map((step, index) => [`${index} ${step.operation}`, step] as const))(
    "%s",
    async (_, step) => {
      const answer = await step.http((user) => overHttp.as(user));
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      const result = await step.code(inCode.colloquy);
      if (step.shown !== undefined)
        expect(step.shown(timeless(answer.body))).toEqual(step.shown(timeless(result)));
      else if (result !== undefined && answer.status !== 204)
        expect(timeless(answer.body)).toEqual(timeless(result));
    },
  );

  test("and leaves the same behind", async () => {
    expect(await stored(overHttp)).toEqual(await stored(inCode));
  });
});

describe("the list of operations", () => {
  test("has all that the API does, each with what does it in code", () => {
    const { prefix } = overHttp.colloquy.settings.http;
    const below = Object.entries(overHttp.document.paths).filter(([path]) => path.startsWith(prefix));
    const documented = below.flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.slice(prefix.length).replace(/\{(\w+)\}/g, ":$1")}`,
      ),
    );
    expect(Object.keys(IN_CODE).sort()).toEqual(documented.sort());
  });

  test("has all that can be done in code", () => {
    const { colloquy } = inCode;
    const parts = [
      "schemas",
      "threads",
      "members",
      "messages",
      "attachments",
      "runs",
      "surveys",
      "accounts",
      "tokens",
    ] as const;
    const inService = parts.flatMap((part) => Object.keys(colloquy[part]).map((name) => `${part}.${name}`));
    const listed = new Set([...Object.values(IN_CODE).flat(), ...ONLY_IN_CODE]);
    expect([...inService, "sync"].sort()).toEqual([...listed].sort());
  });

  test("is done here from its first to its last", () => {
    expect(new Set(steps.map(({ operation }) => operation))).toEqual(new Set(Object.keys(IN_CODE)));
  });
});

const WRITTEN = "id,text,is_own,sender,answers";
type Written = Record<"id" | "text" | "is_own" | "sender" | "answers", unknown>;

function written({ text, is_own, sender, answers }: Written): unknown[] {
  return [text, is_own, sender, answers];
}

function listOf<Row>(found: { results: Row[] } | Row[]): Row[] {
  return Array.isArray(found) ? found : found.results;
}

/** As whoever controls nobody sees them. */
function member({ user, permissions, users_data }: Record<string, unknown>): unknown[] {
  return [user, permissions, users_data];
}

function survey({ variables_pool: _pool, ...rest }: Record<string, unknown>): unknown {
  return rest;
}

/** But for who its links are for. */
function attachment({
  src,
  thumbnail,
  ...rest
}: {
  src: string;
  thumbnail: { src: string } | null;
}): unknown {
  const path = (link: string | undefined) => link?.replace(/\?.*/, "");
  return [rest, path(src), { ...thumbnail, src: path(thumbnail?.src) }];
}

async function attachmentsOf(as: (user: never) => As): Promise<string> {
  return `/threads/${THREAD}/messages/${await newest(as)}/attachments`;
}

async function newest(as: (user: never) => As): Promise<number> {
  const { body } = await as(ANN).get(`/threads/${THREAD}/messages?limit=1&before=999999999`);
  return body.results.at(-1).id;
}

function encode(id: unknown): string {
  return encodeURIComponent(String(id));
}

function newId(): { id?: string } {
  return typeof ANN === "string" ? { id: "eve" } : {};
}

/** With no time in it that depends on when it was done. */
function timeless(value: unknown): never {
  const text = JSON.stringify(value ?? null);
  return JSON.parse(text.replace(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"a time"')) as never;
}

/** What the tables hold, without times and what depends on them. */
async function stored({ colloquy: { db } }: TestServer): Promise<unknown> {
  const tables = {
    thread: "id, type, title, seq",
    member: "thread_id, user_id, permissions, state, schema_id, variables, language",
    message: "thread_id, seq, sender_id, type, text, meta, answers, deleted is null as there",
    message_version: "text, meta",
    schema: "id, name, version, published, deprecated, language",
    survey: "id, user_id, schema_id, automated_sender, variables",
    survey_item: "survey_id, question_id, text, answers, meta, active",
    account: "id, first_name",
  };
  const rows = Object.entries(tables).map(async ([table, columns]) => {
    const text = `select ${columns} from ${table} order by 1, 2, 3`;
    return [
      table,
      await db.query(
        { name: `stored ${table}`, text: text.replace("2, 3", columns.split(",").length > 2 ? "2, 3" : "2") },
        [],
      ),
    ];
  });
  return Object.fromEntries(await Promise.all(rows));
}
