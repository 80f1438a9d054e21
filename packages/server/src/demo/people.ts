import type { UserIdKind } from "@colloquy/protocol";
import type { Queryable } from "../database/database.ts";
import { ensureAccount } from "../people/queries.ts";
import { EXAMPLE_USERS } from "../policies/userIds.ts";

const PEOPLE = {
  operator: { first_name: "Sam", last_name: "Okoro", is_superuser: true },
  patient: { first_name: "Maria", last_name: "Keller" },
  doctor: { first_name: "Jonas", last_name: "Weber" },
};

/** Makes the people of the demo and of development where there are none. */
export async function ensurePeople(db: Queryable, ids: UserIdKind): Promise<void> {
  for (const role of ["operator", "patient", "doctor"] as const)
    await ensureAccount(db, EXAMPLE_USERS[ids][role], PEOPLE[role]);
}
