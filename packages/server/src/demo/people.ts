import type { UserId, UserIdKind } from "@colloquy/protocol";
import type { Queryable } from "../database/database.ts";
import { ensureAccount } from "../people/queries.ts";

type Role = "operator" | "patient" | "doctor";

const PEOPLE = {
  operator: { first_name: "Sam", last_name: "Okoro", is_superuser: true },
  patient: { first_name: "Maria", last_name: "Keller" },
  doctor: { first_name: "Jonas", last_name: "Weber" },
};

/** The ids of the demo's people, by what users' ids are. */
export const IDS: Record<UserIdKind, Record<Role, UserId>> = {
  integer: { operator: 1, patient: 2, doctor: 3 },
  string: { operator: "sam", patient: "maria", doctor: "jonas" },
};

/** Makes the people of the demo and of development where there are none. */
export async function ensurePeople(db: Queryable, ids: UserIdKind): Promise<void> {
  for (const role of ["operator", "patient", "doctor"] as const)
    await ensureAccount(db, IDS[ids][role], PEOPLE[role]);
}
