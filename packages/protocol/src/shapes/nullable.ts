import { type Static, type TSchema, Type } from "typebox";

/** The same shape, or null; as a type list, which serialises without trying alternatives. */
export function Nullable<Shape extends TSchema & { type?: unknown }>(shape: Shape, description?: string) {
  return Type.Unsafe<Static<Shape> | null>({
    ...shape,
    ...(description === undefined ? {} : { description }),
    type: [shape.type, "null"],
  });
}

export const Id = Type.Integer({ description: "An id" });
export const Time = Type.String({ format: "date-time", description: "UTC, ISO 8601 with microseconds" });
export const FreeJson = Type.Unknown({ description: "Free JSON" });

/** `{next, previous, results}`: a page of a list, without a count. */
export function Page<Shape extends TSchema>(results: Shape) {
  return Type.Object({
    next: Nullable(Type.String({ format: "uri" })),
    previous: Nullable(Type.String({ format: "uri" })),
    results: Type.Array(results),
  });
}
