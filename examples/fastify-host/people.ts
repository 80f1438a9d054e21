import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Database } from "colloquy";

/** Somebody of this application: its own table, which Colloquy never sees. */
export interface Person {
  id: number;
  name: string;
  role: "patient" | "staff";
}

const SESSION_HOURS = 12;
const derive = promisify<string, Buffer, number, Buffer>(scrypt);

// Unqualified names mean Colloquy's schema on this connection: ours are written out.
const TABLES = [
  "create schema if not exists clinic",
  `create table if not exists clinic.person (
    id bigint generated always as identity primary key,
    name text not null,
    role text not null check (role in ('patient', 'staff')),
    email text not null unique,
    salt text not null,
    password text not null
  )`,
  `create table if not exists clinic.session (
    id text primary key,
    person_id bigint not null references clinic.person (id) on delete cascade,
    ends timestamptz not null
  )`,
];

/** The application's people and their sessions, beside Colloquy's tables in one database. */
export async function openPeople(db: Database) {
  for (const [index, text] of TABLES.entries()) await db.query({ name: `clinic.table.${index}`, text });

  return {
    async add({ name, role, email, password }: Omit<Person, "id"> & { email: string; password: string }) {
      const salt = randomBytes(16);
      const [row] = await db.query<{ id: number }>(
        {
          name: "clinic.add",
          text: "insert into clinic.person (name, role, email, salt, password) values ($1, $2, $3, $4, $5) returning id",
        },
        [name, role, email, salt.toString("hex"), (await derive(password, salt, 32)).toString("hex")],
      );
      return row!.id;
    },

    find: (ids: readonly number[]) =>
      db.query<Person>(
        { name: "clinic.find", text: "select id, name, role from clinic.person where id = any($1)" },
        [ids],
      ),

    /** A new session's id; null where the address or the password is wrong. */
    async logIn(email: string, password: string): Promise<string | null> {
      const [row] = await db.query<{ id: number; salt: string; password: string }>(
        { name: "clinic.login", text: "select id, salt, password from clinic.person where email = $1" },
        [email],
      );
      if (row === undefined) return null;
      const derived = await derive(password, Buffer.from(row.salt, "hex"), 32);
      if (!timingSafeEqual(derived, Buffer.from(row.password, "hex"))) return null;
      const id = randomBytes(32).toString("base64url");
      await db.query(
        {
          name: "clinic.session",
          text: "insert into clinic.session values ($1, $2, now() + make_interval(hours => $3))",
        },
        [id, row.id, SESSION_HOURS],
      );
      return id;
    },

    /** Whose session it is; null where it is none, or over. */
    async bySession(session: string): Promise<Person | null> {
      const [person] = await db.query<Person>(
        {
          name: "clinic.who",
          text: `select p.id, p.name, p.role from clinic.session s join clinic.person p on p.id = s.person_id
            where s.id = $1 and s.ends > now()`,
        },
        [session],
      );
      return person ?? null;
    },
  };
}

export type People = Awaited<ReturnType<typeof openPeople>>;
