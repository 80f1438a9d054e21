import { type Static, type TSchema, Type } from "typebox";

/** The keyword for what a named shape means in one place. Its `description` is the same everywhere. */
export const ROLE = "x-role";

type Described = TSchema & { type?: unknown; title?: string; enum?: unknown[] };

/** The same shape, or null; as a type list, which serialises without trying alternatives. */
export function Nullable<Shape extends Described>(shape: Shape, description?: string) {
  return Type.Unsafe<Static<Shape> | null>({
    ...shape,
    ...about(shape, description),
    type: [shape.type, "null"],
    ...(shape.enum === undefined ? {} : { enum: [...shape.enum, null] }),
  });
}

/** The same shape, with its meaning in this place. */
export function As<Shape extends Described>(shape: Shape, description: string) {
  return Type.Unsafe<Static<Shape>>({ ...shape, ...about(shape, description) });
}

function about({ title }: Described, description: string | undefined): object {
  if (description === undefined) return {};
  return title === undefined ? { description } : { [ROLE]: description };
}

export const Id = Type.Integer({ description: "An id", examples: [1] });
export const Time = Type.String({
  format: "date-time",
  description: "UTC, ISO 8601 with microseconds",
  examples: ["2026-11-22T16:47:58.413419Z"],
});
export const FreeJson = Type.Unknown({ description: "Free JSON" });

/** `{next, previous, results}`: a page of a list, without a count. Named after what it lists. */
export function Page<Shape extends TSchema>(results: Shape) {
  const { title } = results as Described;
  return Type.Object(
    {
      next: Nullable(Type.String({ format: "uri" }), "The URL of the next page; null on the last"),
      previous: Nullable(Type.String({ format: "uri" }), "The URL of the previous page; null on the first"),
      results: Type.Array(results, { description: "The results on this page" }),
    },
    {
      ...(title === undefined ? {} : { title: `${title}Page` }),
      description: "A page of a list",
    },
  );
}
