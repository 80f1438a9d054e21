/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for cannot be done; the message says why and what to do: exit code 1. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
