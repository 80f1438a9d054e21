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
/** The useful ones; every kind takes all of them. */
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
      As(KINDS[kind], `Only results with this \`${name}\`. The name can be followed by ${LOOKUPS[kind]}`),
    ),
  ]);
  return Type.Object({
    limit: Type.Optional(Type.Integer({ description: "The maximum number of results" })),
    offset: Type.Optional(Type.Integer({ description: "The number of results to skip" })),
    ...(keyset
      ? {
          before: Type.Optional(
            Type.Integer({ description: "Only results with a smaller id, the nearest ones" }),
          ),
          after: Type.Optional(
            Type.Integer({ description: "Only results with a greater id, in ascending order" }),
          ),
        }
      : {}),
    ...(search ? { q: Type.Optional(Type.String({ description: "Only texts that contain this" })) } : {}),
    ...(orderable.length > 0
      ? {
          ordering: Type.Optional(
            Type.String({
              description: `The order, a list of ${orderable.join(", ")}; a \`-\` before a name means descending`,
            }),
          ),
        }
      : {}),
    ...Object.fromEntries(filters),
  });
}
