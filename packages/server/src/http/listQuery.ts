import { As, UserRef } from "@colloquy/protocol";
import { type TObject, type TSchema, Type } from "typebox";
import type { Filterable } from "./filters.ts";

const KINDS: Record<Filterable["kind"], TSchema> = {
  integer: Type.Integer(),
  text: Type.String(),
  datetime: Type.String({ format: "date-time" }),
  boolean: Type.Boolean(),
  user: UserRef,
};
/** Those that make sense; all are taken of every kind. */
const LOOKUPS: Record<Filterable["kind"], string> = {
  integer: "`__gt`, `__gte`, `__lt`, `__lte`, `__in` or `__isnull`",
  text: "`__icontains`, `__istartswith` or `__in`",
  datetime: "`__gt`, `__gte`, `__lt`, `__lte` or `__isnull`",
  boolean: "`__isnull`",
  user: "`__in` or `__isnull`",
};

/** The query of a list, for its documentation: what `parsePage` and `parseFilters` read of it. */
export function listQuery<Name extends string>(
  filterable: Record<Name, Filterable> = {} as Record<Name, Filterable>,
  orderable: readonly NoInfer<Name>[] = [],
  { keyset = false, search = false } = {},
): TObject {
  const filters = Object.entries<Filterable>(filterable).map(([name, { kind }]): [string, TSchema] => [
    name,
    Type.Optional(
      As(KINDS[kind], `Only those with this \`${name}\`. Also with ${LOOKUPS[kind]} after the name`),
    ),
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
            Type.String({
              description: `In which order: of ${orderable.join(", ")}; each with a \`-\` to descend`,
            }),
          ),
        }
      : {}),
    ...Object.fromEntries(filters),
  });
}
