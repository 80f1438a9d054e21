import type { UserIdKind } from "@colloquy/protocol";
import type { AccountService } from "../service/accounts.ts";
import type { SchemaService } from "../service/schemas.ts";
import type { Wanted } from "../surveys/export/open.ts";

/** Where a command works: what it needs of the service, which a database of its own or a server does for it. */
export interface Target {
  /** What the ids of users are there. */
  ids: UserIdKind;
  schemas: Pick<SchemaService, "list" | "load" | "publish" | "document">;
  accounts: Pick<AccountService, "list" | "add">;
  /** An export of surveys, made or fetched as it is read. @throws 404 where there is no such schema */
  exportSurveys: ExportSurveys;
}

/** `tell` is told how far it is, in words, as often as that changes. */
export type ExportSurveys = (
  wanted: Wanted,
  tell: (progress: string) => void,
) => Promise<AsyncIterable<Uint8Array>>;
