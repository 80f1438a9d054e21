import type { UserIdKind } from "@colloquy/protocol";
import type { Credentials } from "../http/index.ts";
import { EXAMPLE_USERS, ID_WORDS } from "../policies/userIds.ts";

/** What decides how a caller says who they are. */
interface CredentialSettings {
  auth: { dev: boolean };
  accounts: { ids: UserIdKind };
  authenticate?: unknown;
}

const BEARER = { type: "http", scheme: "bearer" };

/** What a server of these settings believes, for its OpenAPI document. */
export function acceptedCredentials({ auth, accounts, authenticate }: CredentialSettings): Credentials {
  if (authenticate !== undefined) {
    const description =
      "The server's host says who asks: by a token, if it reads one, or by what a browser sends anyway, as a cookie";
    return { schemes: { bearer: { ...BEARER, description } }, oneOf: ["bearer"], isOpen: true };
  }
  const bearer = {
    ...BEARER,
    bearerFormat: "JWT",
    description: "A token whose `sub` is the id of a person; `npx colloquy token --user ID` prints one",
  };
  if (!auth.dev) return { schemes: { bearer }, oneOf: ["bearer"], isOpen: false };
  const user = {
    type: "apiKey",
    in: "header",
    name: "X-User-Id",
    description: `In development the server believes who says that they are this person; ids are ${ID_WORDS[accounts.ids]}`,
    "x-example": String(EXAMPLE_USERS[accounts.ids].operator),
  };
  return { schemes: { user, bearer }, oneOf: ["user", "bearer"], isOpen: false };
}
