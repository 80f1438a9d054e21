import type { Queryable } from "../database/database.ts";
import { ensureAccount } from "../people/queries.ts";

export const OPERATOR = 1;
export const PATIENT = 2;
export const DOCTOR = 3;

const PEOPLE = {
  [OPERATOR]: { first_name: "Sam", last_name: "Okoro", is_superuser: true },
  [PATIENT]: { first_name: "Maria", last_name: "Keller" },
  [DOCTOR]: { first_name: "Jonas", last_name: "Weber" },
};

/** Makes the people of the demo and of development where there are none. */
export async function ensurePeople(db: Queryable): Promise<void> {
  for (const [id, person] of Object.entries(PEOPLE)) await ensureAccount(db, Number(id), person);
}
