import type { IncomingHttpHeaders } from "node:http";
import { type Colloquy, createColloquy, openDatabase, type UserId } from "colloquy";
import Fastify, { type FastifyInstance } from "fastify";
import { Type } from "typebox";
import { openPeople, type People, type Person } from "./people.ts";

export interface Clinic {
  app: FastifyInstance;
  people: People;
  colloquy: Colloquy;
  close(): Promise<void>;
}

/** How this application shows a person in every answer and push of Colloquy. */
const Shown = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  role: Type.String({ description: "patient or staff" }),
});

/** A clinic's own application, with its people, its sessions and its routes, and Colloquy beside them. */
export async function openClinic(location: string): Promise<Clinic> {
  const database = await openDatabase(location);
  const people = await openPeople(database);
  const isStaff = async (id: UserId) =>
    (await people.find([Number(id)])).some((person) => person.role === "staff");

  const colloquy = await createColloquy(
    {
      http: { prefix: "/chat/api" },
      accounts: { shape: Shown },
      findAccounts: people.find,
      authenticate: async ({ headers }) => {
        const person = await whoAsks(people, headers);
        return person && { id: person.id, isSuperuser: false, language: null, timeZone: null };
      },
      policies: {
        // Staff may read every conversation, and follow one over their socket, without being a member.
        messagesList: async (caller, asked, byDefault) =>
          (await byDefault()) || (asked.method === "GET" && (await isStaff(caller.id))),
        threadWsSubscribe: (caller) => isStaff(caller.id),
      },
    },
    { database },
  );

  const app = Fastify();
  // Before any body is read: what lies below the prefix is Colloquy's, whatever the method.
  app.addHook("onRequest", async (request, reply) => {
    if (!request.url.startsWith("/chat/api/")) return;
    reply.hijack();
    colloquy.handle(request.raw, reply.raw);
  });
  app.server.on("upgrade", colloquy.upgrade);

  app.post<{ Body: { email: string; password: string } }>("/login", async ({ body }, reply) => {
    const session = await people.logIn(body.email, body.password);
    if (session === null) return reply.code(401).send({ error: "Wrong address or password" });
    const cookie = `session=${session}; Path=/; HttpOnly; SameSite=Lax`;
    return reply.header("set-cookie", cookie).code(204).send();
  });
  app.get("/me", async ({ headers }, reply) => {
    return (await whoAsks(people, headers)) ?? reply.code(401).send({ error: "Log in first" });
  });

  return {
    app,
    people,
    colloquy,
    async close() {
      await colloquy.close();
      await app.close();
      await database.close();
    },
  };
}

/**
 * The person whose session the cookie names. Browsers send cookies along from other sites' pages too: such
 * requests are nobody's.
 */
async function whoAsks(people: People, headers: IncomingHttpHeaders): Promise<Person | null> {
  if (headers["sec-fetch-site"] === "cross-site") return null;
  const session = /(?:^|;\s*)session=([\w-]+)/.exec(headers.cookie ?? "")?.[1];
  return session === undefined ? null : people.bySession(session);
}
