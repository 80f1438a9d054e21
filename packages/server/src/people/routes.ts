import {
  AccountDetails,
  Bool,
  fields,
  invalid,
  Me,
  notFound,
  Page,
  Text,
  texts,
  type UserIdKind,
  UserPk,
} from "@colloquy/protocol";
import { type TObject, Type } from "typebox";
import type { Database } from "../database/database.ts";
import { defineResource, listQuery, pageOf, parsePage, reply } from "../http/index.ts";
import type { Directory } from "./directory.ts";
import { addAccount, addAccountAs, listAccounts } from "./queries.ts";
import type { Tokens } from "./tokens.ts";

/** What it takes to answer who people are. */
export interface PeopleDeps {
  db: Database;
  people: Directory;
  settings: { accounts: { shape: TObject; ids: UserIdKind }; findAccounts?: unknown };
}

/** What is told of an account. */
export const AccountFields = {
  first_name: Text({ maxLength: 255, description: "The first name" }),
  last_name: Text({ maxLength: 255, blank: true, required: false, description: "The last name" }),
  avatar: Text({
    maxLength: 2000,
    nullable: true,
    required: false,
    description: "The URL of a picture",
  }),
  is_superuser: Bool({
    required: false,
    description: "Whether the user is a superuser; by default false",
  }),
  language: Text({
    maxLength: 35,
    nullable: true,
    required: false,
    description: "The language of the user, as a language tag (BCP 47)",
  }),
  time_zone: Text({
    maxLength: 64,
    nullable: true,
    required: false,
    description: "The time zone of the user, by its IANA name",
  }),
};

/** Who am I; and the people of the standalone server. */
export function peopleResources(deps: PeopleDeps, tokens: Tokens) {
  // Integers are given out; where ids are strings, whoever adds somebody says who they are.
  const hasOwnIds = deps.settings.accounts.ids === "string";
  return [
    defineResource({
      path: "/accounts/me",
      tags: ["people"],
      policy: "own",
      methods: {
        GET: {
          summary: "Get the caller's account",
          description: "The account of the caller, with fields that only they see.",
          response: { 200: meAs(deps.settings.accounts.shape) },
          handle: async ({ caller }) => {
            const account = (await deps.people.show([caller.id])).get(caller.id)!;
            const { isSuperuser, language, timeZone } = caller;
            return { ...account, is_superuser: isSuperuser, language, time_zone: timeZone };
          },
        },
      },
    }),
    defineResource({
      path: "/ws-ticket",
      tags: ["realtime"],
      policy: "own",
      methods: {
        POST: {
          summary: "Get a ticket for a socket",
          description:
            "The ticket opens a socket of the caller at `/ws?token=TICKET`. It is valid for a minute. For browsers, which cannot send headers there.",
          response: {
            201: Type.Object(
              { token: Type.String({ description: "The ticket" }) },
              { title: "Ticket", description: "A ticket that opens a socket" },
            ),
          },
          handle: async ({ caller }) => reply(201, { token: await tokens.ticket(caller) }),
        },
      },
    }),
    defineResource({
      path: "/admin/accounts",
      tags: ["people"],
      policy: "admin",
      methods: {
        GET: {
          summary: "List accounts",
          description: "The accounts of the standalone server, by id. Superusers only.",
          query: listQuery(),
          response: { 200: Page(AccountDetails) },
          handle: async ({ query, url }) => {
            const { limit = "", offset = "" } = query;
            const page = parsePage({ limit, offset });
            return pageOf(await listAccounts(deps.db, page.limit, page.offset), page, url);
          },
        },
        POST: {
          summary: "Create an account",
          description:
            "On the standalone server only; if a host provides the accounts, the response is 404. Superusers only.",
          ...(deps.settings.findAccounts === undefined ? {} : { refuses: [404] }),
          body: fields(
            {
              ...(hasOwnIds ? { id: UserPk({ description: "The id, which must be unused" }) } : {}),
              ...AccountFields,
            },
            { title: "NewAccount", description: "An account to create" },
          ),
          example: { body: { ...(hasOwnIds ? { id: "ada" } : {}), first_name: "Ada", last_name: "Byron" } },
          response: { 201: AccountDetails },
          handle: async ({ body }) => {
            if (deps.settings.findAccounts !== undefined) throw notFound();
            const { id, ...account } = body as typeof body & { id?: string };
            if (id === undefined) return reply(201, await addAccount(deps.db, account));
            const added = await addAccountAs(deps.db, id, account);
            if (added === null) throw invalid({ id: [texts.accountExists] });
            return reply(201, added);
          },
        },
      },
    }),
  ];
}

/** The caller's own account in the host's shape, with what only they see of it. */
function meAs({ properties, ...shape }: TObject): TObject {
  const { is_superuser, language, time_zone } = Me.properties;
  const { title, description } = Me as { title?: string; description?: string };
  return Type.Object({ ...properties, is_superuser, language, time_zone }, { ...shape, title, description });
}
