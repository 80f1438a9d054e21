import type { SettingsInput } from "colloquy";

/** The host's people, known by a cookie. An application has these in its own tables and sessions. */
const people = [
  { id: 7, first_name: "Ada", last_name: "", avatar: null },
  { id: 8, first_name: "Ben", last_name: "", avatar: null },
];

/** The same for each of the hosts here: only how they mount Colloquy differs. */
export const settings: SettingsInput = {
  database: "memory:",
  http: { prefix: "/chat", logLevel: "warn" },
  authenticate: ({ headers }) => {
    const id = Number(/(?:^|;\s*)person=(\d+)/.exec(headers.cookie ?? "")?.[1]);
    if (!people.some((person) => person.id === id) || headers["sec-fetch-site"] === "cross-site") return null;
    return { id, isSuperuser: false, language: null, timeZone: null };
  },
  findAccounts: (ids) => people.filter(({ id }) => ids.includes(id)),
};
