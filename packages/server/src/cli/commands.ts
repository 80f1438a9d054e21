import { accountAdd } from "./accountAdd.ts";
import type { Command } from "./command.ts";
import { demo } from "./demo.ts";
import { migrate } from "./migrate.ts";
import { schemaCheck } from "./schemaCheck.ts";
import { schemaDump } from "./schemaDump.ts";
import { schemaLoad } from "./schemaLoad.ts";
import { schemaSimulate } from "./schemaSimulate.ts";
import { serve } from "./serve.ts";
import { surveyExport } from "./surveyExport.ts";
import { token } from "./token.ts";

/** Everything that the command line does, in the order of the help. */
export const commands: readonly Command[] = [
  serve,
  demo,
  migrate,
  schemaLoad,
  schemaDump,
  schemaCheck,
  schemaSimulate,
  surveyExport,
  accountAdd,
  token,
];
