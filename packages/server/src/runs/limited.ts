import { type CompiledSchema, compileSchema } from "@colloquy/engine";
import { ofThreadType, type ThreadTypes } from "../conversation/view/threadTypes.ts";

/** By the list of variables, which each thread type has its own of, and by the schema that is limited to them. */
const known = new WeakMap<readonly string[], WeakMap<CompiledSchema, CompiledSchema>>();

/**
 * A schema as runs in threads of a type use it: with the modifications of those variables alone that the type
 * lets change. Whatever starts, moves or recomputes a run asks for it, so that a pool never depends on which
 * of them made it. Made once per schema and type.
 */
export function limited(settings: ThreadTypes, threadType: string, schema: CompiledSchema): CompiledSchema {
  const { variables } = ofThreadType(settings, threadType);
  if (variables === undefined) return schema;
  const bySchema = known.get(variables) ?? new WeakMap<CompiledSchema, CompiledSchema>();
  known.set(variables, bySchema);
  const made = bySchema.get(schema) ?? compileSchema(schema.schema, variables);
  bySchema.set(schema, made);
  return made;
}
