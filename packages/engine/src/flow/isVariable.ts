import { isIdentifier } from "../expressions/index.ts";

/** Whether a modification may assign to the name. Names that begin with `__` are the engine's own. */
export function isVariable(name: string): boolean {
  return isIdentifier(name) && !name.startsWith("__");
}
