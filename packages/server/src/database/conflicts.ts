/** Why a statement was refused that others, at the same moment, made impossible. */

/** The foreign key that it would have broken, by the constraint's name; null where that was not the reason. */
export function brokenReference(error: unknown): string | null {
  return violated(error, "23503");
}

/** The unique constraint that it would have broken, by its name; null where that was not the reason. */
export function takenKey(error: unknown): string | null {
  return violated(error, "23505");
}

/** Whether two transactions waited for each other, and this one was undone so that the other could go on. */
export function isDeadlock(error: unknown): boolean {
  return (error as { code?: string }).code === "40P01";
}

/** Whether a row that was to be locked at once (`nowait`) was locked by another transaction. */
export function isLocked(error: unknown): boolean {
  return (error as { code?: string }).code === "55P03";
}

function violated(error: unknown, state: string): string | null {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === state ? (constraint ?? null) : null;
}
