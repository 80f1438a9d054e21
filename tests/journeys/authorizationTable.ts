import type { UserId } from "../../packages/server/src/index.ts";
/** What one role's thread looks like; every role has its own, so that nobody is in anybody's way. */
export interface Scene {
  /** The id of who asks; nobody's is a stranger's. */
  self: UserId;
  thread: number;
  /** Two more threads of the same people, to be left and deleted. */
  toLeave: number;
  toDelete: number;
  /** Messages in `thread`: two by who asks, two by another member. */
  own: [number, number];
  others: [number, number];
  /** A member like any other; and one to be taken out. */
  member: UserId;
  leaver: UserId;
  schema: number;
  /** A survey of who asks and an answer in it, another to be deleted, and one of the other member. */
  survey: Filled;
  surveyToDelete: Filled;
  othersSurvey: Filled;
}

/** A survey, and an answer in it. */
export interface Filled {
  id: number;
  item: number;
}

export const ROLES = [
  "nobody",
  "stranger",
  "member without rights",
  ...Array.from({ length: 13 }, (_, index) => `member with ${2 ** index} alone`),
  "added member (19)",
  "creator (507)",
  "superuser who is no member",
  "superuser, member without rights",
  "superuser, added member (19)",
] as const;

/** Members' rights by role; who is not here is no member. */
export const RIGHTS: Partial<Record<(typeof ROLES)[number], number>> = {
  "member without rights": 0,
  ...Object.fromEntries(
    Array.from({ length: 13 }, (_, index) => [`member with ${2 ** index} alone`, 2 ** index]),
  ),
  "added member (19)": 19,
  "creator (507)": 507,
  "superuser, member without rights": 0,
  "superuser, added member (19)": 19,
};

export interface Row {
  /** `GET /path`; `* /path` is every method that the address does not take. */
  request: string;
  of: string;
  path: (scene: Scene) => string;
  body?: object | unknown[];
  cells: string;
}

const NONE = 999_999_999;

/** Rows of one address: method and cells. A method that takes a body gets this one. */
function at(address: string, of: string, path: Row["path"], rows: string[], body: object = {}): Row[] {
  return rows.map((text) => {
    const [method = "", ...cells] = text.split(/ +/);
    const takesBody = ["POST", "PUT", "PATCH"].includes(method);
    return {
      request: `${method} ${address}`,
      of,
      path,
      cells: cells.join(""),
      ...(takesBody ? { body } : {}),
    };
  });
}

const LIST = "/accounts/{user_id}/threads/{type}";
const THREAD = "/threads/{thread_id}";
const USERS = `${THREAD}/users`;
const USER = `${USERS}/{user_id}`;
const MESSAGES = `${THREAD}/messages`;
const MESSAGE = `${MESSAGES}/{id}`;
const ATTACHMENTS = `${MESSAGES}/{message_id}/attachments`;
const ATTACHMENT = `${ATTACHMENTS}/{id}`;
const READ = `${THREAD}/read`;
const ROLLBACK = `${THREAD}/rollback`;
const SURVEYS = "/surveys";
const OWN_SURVEYS = "/accounts/{user_id}/surveys";
const SURVEY = "/surveys/{id}";
const ITEMS = "/surveys/{survey_id}/items";
const ITEM = `${ITEMS}/{id}`;
const SUBSCRIBE = `${THREAD}/ws-subscribe`;

/**
 * Who may do what, written by hand after the specification (2.2), cell by cell. `x` is 401, `.` is 403, `+` is
 * let in: whatever comes then is neither, and `o` is 404 where the same is there for others. Of `*`, `+` is 405. What ends something comes last.
 *
 *         nobody
 *         |stranger
 *         ||member without rights
 *         ||| 1          16                    added member
 *         ||| |2         |32          256      |creator
 *         ||| ||4        ||64         |512     ||
 *         ||| |||8       |||128       ||…  4096|| superusers: no member, without rights, added member
 */
export const TABLE: Row[] = [
  ...at("/accounts/me", "", () => "/accounts/me", [
    "GET    x++ ++++ ++++ ++++ + ++ +++",
    "*      x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at("/ws-ticket", "", () => "/ws-ticket", [
    "POST   x++ ++++ ++++ ++++ + ++ +++",
    "*      x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at("/sync", "", () => "/sync?since=x", [
    "GET    x++ ++++ ++++ ++++ + ++ +++",
    "*      x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at("/search", "", () => "/search?q=hello", [
    "GET    x++ ++++ ++++ ++++ + ++ +++",
    "*      x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at(`${THREAD}/search`, "", (s) => `/threads/${s.thread}/search?q=hello`, [
    "GET    x.. +... .... .... . ++ ..+",
    "*      x.. +... .... .... . ++ ..+",
  ]),
  ...at(LIST, "one's own", (s) => `/accounts/${s.self}/threads/chat`, [
    "GET    x++ ++++ ++++ ++++ + ++ +++",
    "POST   x++ ++++ ++++ ++++ + ++ +++",
    "*      x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at(LIST, "of a type kept back", (s) => `/accounts/${s.self}/threads/secret`, [
    "GET    x.. .... .... .... . .. ...",
    "POST   x.. .... .... .... . .. ...",
  ]),
  ...at(LIST, "another's", (s) => `/accounts/${s.member}/threads/chat`, [
    "GET    x.. .... .... .... . .. ...",
    "POST   x.. .... .... .... . .. ...",
    "*      x.. .... .... .... . .. ...",
  ]),
  ...at(LIST, "of nobody", () => `/accounts/${NONE}/threads/chat`, ["GET    x.. .... .... .... . .. ..."]),
  ...at(LIST, "of no id", () => "/accounts/x/threads/chat", ["POST   x.. .... .... .... . .. ..."]),
  ...at(THREAD, "", (s) => `/threads/${s.thread}`, [
    "GET    x.. .... +... .... . ++ ..+",
    "PUT    x.. .... .+.. .... . .+ ...",
    "PATCH  x.. .... .+.. .... . .+ ...",
    "*      x.. .... +... .... . ++ ..+",
  ]),
  ...at(THREAD, "that is not there", () => `/threads/${NONE}`, [
    "GET    x.. .... .... .... . .. ...",
    "PUT    x.. .... .... .... . .. ...",
    "PATCH  x.. .... .... .... . .. ...",
    "DELETE x.. .... .... .... . .. ...",
    "*      x.. .... .... .... . .. ...",
  ]),
  ...at(THREAD, "of no id", () => "/threads/x", ["GET    x.. .... .... .... . .. ..."]),
  ...at(USERS, "", (s) => `/threads/${s.thread}/users`, [
    "GET    x.. .... +... .... . ++ ..+",
    "POST   x.. .... ...+ .... . .+ ...",
    "*      x.. .... +... .... . ++ ..+",
  ]),
  ...at(USERS, "of no thread", () => `/threads/${NONE}/users`, [
    "GET    x.. .... .... .... . .. ...",
    "POST   x.. .... .... .... . .. ...",
    "*      x.. .... .... .... . .. ...",
  ]),
  ...at(USER, "another", (s) => `/threads/${s.thread}/users/${s.member}`, [
    "GET    x.. .... +... .... . ++ ..+",
    "PUT    x.. .... .... .+.. . .. ...",
    "PATCH  x.. .... .... .+.. . .. ...",
    "*      x.. .... +... .... . ++ ..+",
  ]),
  ...at(USER, "who is no member", (s) => `/threads/${s.thread}/users/${NONE}`, [
    "GET    x.. .... +... .... . ++ ..+",
    "PUT    x.. .... .... .+.. . .. ...",
    "PATCH  x.. .... .... .+.. . .. ...",
    "DELETE x.. .... .... +... . .+ ...",
  ]),
  ...at(USER, "oneself", (s) => `/threads/${s.thread}/users/${s.self}`, [
    "GET    x.+ ++++ ++++ ++++ + ++ .++",
    "PUT    x.. .... .... .... . .. ...",
  ]),
  ...at(
    USER,
    "oneself: notifications",
    (s) => `/threads/${s.thread}/users/${s.self}`,
    ["PATCH  x.+ ++++ ++++ ++++ + ++ .++"],
    { notifications: 3, language: "pl" },
  ),
  ...at(
    USER,
    "oneself: permissions",
    (s) => `/threads/${s.thread}/users/${s.self}`,
    ["PATCH  x.. .... .... .... . .. ..."],
    { permissions: 0 },
  ),
  ...at(
    USER,
    "oneself: state",
    (s) => `/threads/${s.thread}/users/${s.self}`,
    ["PATCH  x.. .... .... .... . .. ..."],
    { state: "open", notifications: 3 },
  ),
  ...at(
    USER,
    "oneself: on_finish",
    (s) => `/threads/${s.thread}/users/${s.self}`,
    ["PATCH  x.. .... .... .... . .. ..."],
    { on_finish: "open" },
  ),
  ...at(USER, "oneself", (s) => `/threads/${s.thread}/users/${s.self}`, [
    "*      x.+ ++++ ++++ ++++ + ++ .++",
  ]),
  ...at(USER, "oneself, in no thread", (s) => `/threads/${NONE}/users/${s.self}`, [
    "PATCH  x.. .... .... .... . .. ...",
    "DELETE x.. .... .... .... . .. ...",
  ]),
  ...at(MESSAGES, "", (s) => `/threads/${s.thread}/messages`, [
    "GET    x.. +... .... .... . ++ ..+",
    "POST   x.. .+.. .... .... . ++ ..+",
    "*      x.. +... .... .... . ++ ..+",
  ]),
  ...at(MESSAGES, "of no thread", () => `/threads/${NONE}/messages`, [
    "GET    x.. .... .... .... . .. ...",
    "POST   x.. .... .... .... . .. ...",
    "*      x.. .... .... .... . .. ...",
  ]),
  ...at(MESSAGE, "one's own", (s) => `/threads/${s.thread}/messages/${s.own[0]}`, [
    "GET    x.. +... .... .... . ++ ..+",
    "PUT    x.. ..+. .... .... . .. ...",
  ]),
  ...at(
    MESSAGE,
    "one's own",
    (s) => `/threads/${s.thread}/messages/${s.own[0]}`,
    ["PATCH  x.. ..+. .... .... . .. ..."],
    { text: "Reworded" },
  ),
  ...at(MESSAGE, "another's", (s) => `/threads/${s.thread}/messages/${s.others[0]}`, [
    "GET    x.. +... .... .... . ++ ..+",
    "PUT    x.. .... .... .... . .. ...",
  ]),
  ...at(
    MESSAGE,
    "another's",
    (s) => `/threads/${s.thread}/messages/${s.others[0]}`,
    ["PATCH  x.. .... .... .... . .. ..."],
    { text: "Forged" },
  ),
  ...at(MESSAGE, "another's", (s) => `/threads/${s.thread}/messages/${s.others[0]}`, [
    "*      x.. +... .... .... . ++ ..+",
  ]),
  ...at(MESSAGE, "that is not there", (s) => `/threads/${s.thread}/messages/${NONE}`, [
    "GET    x.. +... .... .... . ++ ..+",
    "PUT    x.. ..+. .... .... . .. ...",
    "PATCH  x.. ..+. .... .... . .. ...",
    "DELETE x.. ...+ .... .... . .+ ...",
  ]),
  ...at(MESSAGE, "in no thread", (s) => `/threads/${NONE}/messages/${s.own[0]}`, [
    "GET    x.. .... .... .... . .. ...",
    "PATCH  x.. .... .... .... . .. ...",
    "DELETE x.. .... .... .... . .. ...",
  ]),
  ...at(ATTACHMENTS, "of one's own", (s) => `/threads/${s.thread}/messages/${s.own[0]}/attachments`, [
    "GET    x.. .... +... .... . ++ ..+",
    "POST   x.. .+.. .... .... . ++ ..+",
    "*      x.. .... +... .... . ++ ..+",
  ]),
  ...at(ATTACHMENTS, "of another's", (s) => `/threads/${s.thread}/messages/${s.others[0]}/attachments`, [
    "GET    x.. .... +... .... . ++ ..+",
    "POST   x.. .... .... .... . .. ...",
  ]),
  ...at(ATTACHMENTS, "of none", (s) => `/threads/${s.thread}/messages/${NONE}/attachments`, [
    "GET    x.. .... +... .... . ++ ..+",
    "POST   x.. .+.. .... .... . ++ ..+",
  ]),
  ...at(ATTACHMENTS, "in no thread", (s) => `/threads/${NONE}/messages/${s.own[0]}/attachments`, [
    "GET    x.. .... .... .... . .. ...",
    "POST   x.. .... .... .... . .. ...",
  ]),
  ...at(ATTACHMENT, "of one's own", (s) => `/threads/${s.thread}/messages/${s.own[0]}/attachments/${NONE}`, [
    "GET    x.. .... +... .... . ++ ..+",
    "PUT    x.. ..+. .... .... . .. ...",
    "PATCH  x.. ..+. .... .... . .. ...",
    "DELETE x.. ..+. .... .... . .. ...",
    "*      x.. .... +... .... . ++ ..+",
  ]),
  ...at(
    ATTACHMENT,
    "of another's",
    (s) => `/threads/${s.thread}/messages/${s.others[0]}/attachments/${NONE}`,
    [
      "GET    x.. .... +... .... . ++ ..+",
      "PUT    x.. .... .... .... . .. ...",
      "PATCH  x.. .... .... .... . .. ...",
      "DELETE x.. .... .... .... . .. ...",
    ],
  ),
  ...at("/files/{id}", "without a link", () => `/files/1`, [
    "GET    ... .... .... .... . .. ...",
    "*      +++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at("/messages/{id}/history", "", (s) => `/messages/${s.own[0]}/history`, [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/messages/{id}/history", "that is not there", () => `/messages/${NONE}/history`, [
    "GET    x.. .... .... .... . .. +++",
  ]),
  ...at(READ, "", (s) => `/threads/${s.thread}/read`, [
    "POST   x.. +... .... .... . ++ ..+",
    "*      x.. +... .... .... . ++ ..+",
  ]),
  ...at(READ, "of no thread", () => `/threads/${NONE}/read`, ["POST   x.. .... .... .... . .. ..."]),
  ...at(ROLLBACK, "", (s) => `/threads/${s.thread}/rollback`, [
    "POST   x.. .... .... ...+ . .. ...",
    "*      x.. .... .... ...+ . .. ...",
  ]),
  ...at(ROLLBACK, "of no thread", () => `/threads/${NONE}/rollback`, ["POST   x.. .... .... .... . .. ..."]),
  ...at(SUBSCRIBE, "", (s) => `/threads/${s.thread}/ws-subscribe`, [
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at(SUBSCRIBE, "of no thread", () => `/threads/${NONE}/ws-subscribe`, [
    "POST   x.. .... .... .... . .. ...",
  ]),
  ...at("/schemas/{key}", "by type", () => "/schemas/survey", ["GET    x++ ++++ ++++ ++++ + ++ +++"]),
  ...at("/schemas/{key}", "of a type kept back", () => "/schemas/secret", [
    "GET    x.. .... .... .... . .. ...",
  ]),
  ...at("/schemas/{key}", "by id", (s) => `/schemas/${s.schema}`, ["GET    x++ ++++ ++++ ++++ + ++ +++"]),
  ...at("/schemas/{key}", "that is not there", () => `/schemas/${NONE}`, [
    "GET    x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at("/schemas/{key}", "by type", () => "/schemas/survey", ["*      x++ ++++ ++++ ++++ + ++ +++"]),
  ...at("/schemas/{key}", "by id", (s) => `/schemas/${s.schema}`, ["*      x++ ++++ ++++ ++++ + ++ +++"]),
  ...at("/admin/schemas", "", () => "/admin/schemas", [
    "GET    x.. .... .... .... . .. +++",
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/import", "", () => "/admin/schemas/import", [
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/{id}", "", (s) => `/admin/schemas/${s.schema}`, [
    "GET    x.. .... .... .... . .. +++",
    "PUT    x.. .... .... .... . .. +++",
    "PATCH  x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/{id}", "", () => `/admin/schemas/${NONE}`, ["DELETE x.. .... .... .... . .. +++"]),
  ...at("/admin/schemas/{id}", "", (s) => `/admin/schemas/${s.schema}`, [
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/{id}/publish", "", () => `/admin/schemas/${NONE}/publish`, [
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/{id}/copy", "", () => `/admin/schemas/${NONE}/copy`, [
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/{id}/check", "", (s) => `/admin/schemas/${s.schema}/check`, [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/{id}/document", "", (s) => `/admin/schemas/${s.schema}/document`, [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/schemas/{id}/simulate", "", (s) => `/admin/schemas/${s.schema}/simulate`, [
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/accounts", "", () => "/admin/accounts", [
    "GET    x.. .... .... .... . .. +++",
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at(MESSAGE, "one's own", (s) => `/threads/${s.thread}/messages/${s.own[1]}`, [
    "DELETE x.. ...+ .... .... . .+ ...",
  ]),
  ...at(MESSAGE, "another's", (s) => `/threads/${s.thread}/messages/${s.others[1]}`, [
    "DELETE x.. ...+ .... .... . .+ ...",
  ]),
  ...at(USER, "another", (s) => `/threads/${s.thread}/users/${s.leaver}`, [
    "DELETE x.. .... .... +... . .+ ...",
  ]),
  ...at(USER, "oneself", (s) => `/threads/${s.toLeave}/users/${s.self}`, [
    "DELETE x.+ ++++ ++++ ++++ + ++ .++",
  ]),
  ...at(THREAD, "", (s) => `/threads/${s.toDelete}`, ["DELETE x.. .... ..+. .... . .+ ..."]),
  ...at(SURVEYS, "", () => "/surveys", [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at(OWN_SURVEYS, "one's own", (s) => `/accounts/${s.self}/surveys`, [
    "GET    x++ ++++ ++++ ++++ + ++ +++",
    "POST   x++ ++++ ++++ ++++ + ++ +++",
    "*      x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at(OWN_SURVEYS, "another's", (s) => `/accounts/${s.member}/surveys`, [
    "GET    x.. .... .... .... . .. ...",
    "POST   x.. .... .... .... . .. ...",
  ]),
  ...onSurvey("one's own", (s) => s.survey, "+"),
  ...onSurvey("another's", (s) => s.othersSurvey, "o"),
  ...onSurvey("that is not there", () => ({ id: NONE, item: NONE }), "o"),
  ...at(ITEM, "one's own", (s) => `/surveys/${s.surveyToDelete.id}/items/${s.surveyToDelete.item}`, [
    "DELETE x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at(SURVEY, "one's own", (s) => `/surveys/${s.surveyToDelete.id}`, [
    "DELETE x++ ++++ ++++ ++++ + ++ +++",
  ]),
  ...at("/admin/threads", "", () => "/admin/threads", [
    "GET    x.. .... .... .... . .. +++",
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/threads/{thread_id}", "", (s) => `/admin/threads/${s.thread}`, [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/surveys", "", () => "/admin/surveys", [
    "GET    x.. .... .... .... . .. +++",
    "POST   x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/surveys/{id}", "", (s) => `/admin/surveys/${s.othersSurvey.id}`, [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/surveys/{id}/items", "", (s) => `/admin/surveys/${s.othersSurvey.id}/items`, [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/surveys/export", "", () => "/admin/surveys/export?name=PHQ-9", [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
  ...at("/admin/surveys/aggregate", "", () => "/admin/surveys/aggregate?name=PHQ-9", [
    "GET    x.. .... .... .... . .. +++",
    "*      x.. .... .... .... . .. +++",
  ]),
];

/** Everything at a survey and below it, where everybody but nobody gets the same. What is another's is not deleted. */
function onSurvey(of: string, survey: (scene: Scene) => Filled, cell: "+" | "o"): Row[] {
  const all = ` x${cell.repeat(ROLES.length - 1)}`;
  const wrongMethod = `* x${"+".repeat(ROLES.length - 1)}`;
  const methods = (...names: string[]) => [...names.map((name) => name + all), wrongMethod];
  const deletes = cell === "o" ? ["DELETE"] : [];
  // Complete, so that what comes is not about the body; the question is nobody's.
  const entry = { related_question: NONE, text: "x" };
  return [
    ...at(SURVEY, of, (s) => `/surveys/${survey(s).id}`, methods("GET", "PUT", "PATCH", ...deletes)),
    ...at(ITEMS, of, (s) => `/surveys/${survey(s).id}/items`, methods("GET", "POST"), entry),
    ...at(ITEMS, of, (s) => `/surveys/${survey(s).id}/items`, [`PUT${all}`], []),
    ...at(
      ITEM,
      of,
      (s) => `/surveys/${survey(s).id}/items/${survey(s).item}`,
      methods("GET", "PUT", "PATCH", ...deletes),
    ),
  ];
}
