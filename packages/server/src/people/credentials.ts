import type { UserIdKind } from "@colloquy/protocol";
import type { Credentials } from "../http/index.ts";
import { EXAMPLE_USERS, ID_WORDS } from "../policies/userIds.ts";

/** The settings that decide which credentials are accepted. */
interface CredentialSettings {
  auth: { dev: boolean };
  accounts: { ids: UserIdKind };
  authenticate?: unknown;
}

const BEARER = { type: "http", scheme: "bearer" };

/** The credentials that a server with these settings accepts, for its OpenAPI document. */
export function acceptedCredentials({ auth, accounts, authenticate }: CredentialSettings): Credentials {
  if (authenticate !== undefined) {
    const description =
      "The application that embeds the server authenticates requests: by a bearer token, if it supports one, or by other means such as a cookie";
    return { schemes: { bearer: { ...BEARER, description } }, oneOf: ["bearer"], isOpen: true };
  }
  const bearer = {
    ...BEARER,
    bearerFormat: "JWT",
    description: "A JWT whose `sub` is the id of a user. `npx colloquy token --user ID` creates one",
  };
  if (!auth.dev) return { schemes: { bearer }, oneOf: ["bearer"], isOpen: false };
  const user = {
    type: "apiKey",
    in: "header",
    name: "X-User-Id",
    description: `The id of the user who makes the request; ids are ${ID_WORDS[accounts.ids]}. The server trusts this header in development only`,
    "x-example": String(EXAMPLE_USERS[accounts.ids].operator),
  };
  return { schemes: { user, bearer }, oneOf: ["user", "bearer"], isOpen: false };
}
