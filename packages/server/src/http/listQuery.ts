import { UserRef } from "@colloquy/protocol";
import { type TObject, type TSchema, Type } from "typebox";
import type { Filterable } from "./filters.ts";

const KINDS: Record<Filterable["kind"], TSchema> = {
  integer: Type.Integer(),
  text: Type.String(),
  datetime: Type.String({ format: "date-time" }),
  boolean: Type.Boolean(),
  user: UserRef,
};
const LOOKUPS =
  "Also with `__gt`, `__gte`, `__lt`, `__lte`, `__in`, `__isnull`, `__icontains` or `__istartswith`";

/** The query of a list, for its documentation: what `parsePage` and `parseFilters` read of it, and `fields`. */
export function listQuery<Name extends string>(
  filterable: Record<Name, Filterable> = {} as Record<Name, Filterable>,
  orderable: readonly NoInfer<Name>[] = [],
  { keyset = false, search = false } = {},
): TObject {
  const filters = Object.entries<Filterable>(filterable).map(([name, { kind }]): [string, TSchema] => [
    name,
    Type.Optional({ ...KINDS[kind], description: LOOKUPS }),
  ]);
  return Type.Object({
    limit: Type.Optional(Type.Integer({ description: "Most results" })),
    offset: Type.Optional(Type.Integer({ description: "Results to leave out before the first" })),
    ...(keyset
      ? {
          before: Type.Optional(Type.Integer({ description: "Only ids below this one, the nearest ones" })),
          after: Type.Optional(Type.Integer({ description: "Only ids above this one, ascending" })),
        }
      : {}),
    ...(search ? { q: Type.Optional(Type.String({ description: "Only texts that hold this" })) } : {}),
    ...(orderable.length > 0
      ? {
          ordering: Type.Optional(
            Type.String({ description: `Of ${orderable.join(", ")}; each with a \`-\` to descend` }),
          ),
        }
      : {}),
    fields: Type.Optional(Type.String({ description: "`a,b__c`: only these of the answer" })),
    ...Object.fromEntries(filters),
  });
}
