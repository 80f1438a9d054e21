import { isIdentifier } from "../expressions/index.ts";

/** Whether a modification can assign to the name. Names that begin with `__` are reserved for the engine. */
export function isVariable(name: string): boolean {
  return isIdentifier(name) && !name.startsWith("__");
}
