import { texts } from "../errors.ts";
import {
  BYTE_ORDER_MARK,
  DOT_SEGMENTS,
  LONGEST_USER_ID,
  type UserId,
  userIdSchema,
} from "../shapes/userId.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";
import { Pk } from "./pk.ts";
import { typeName } from "./received.ts";
import { withStringTwin } from "./stringTwin.ts";
import { textProblems } from "./text.ts";

/** The id of a user: a `Pk`, until `ofUserIds` replaces it according to the server's type of ids. */
export function UserPk<const O extends FieldOptions<UserId> = Record<never, never>>(
  options?: O,
): Field<UserId, O> {
  const asInteger = Pk(options as FieldOptions<number>);
  return withStringTwin(asInteger, () => stringId(options ?? ({} as O))) as unknown as Field<UserId, O>;
}

/** Taken as it is: numbers are not converted, whitespace is kept. */
function stringId<O extends FieldOptions<UserId>>(options: O): Field<UserId, O> {
  return field<UserId, O>("pk", userIdSchema("string"), options, (raw) => {
    if (raw === "") return options.nullable ? null : new Invalid([texts.null]);
    if (typeof raw !== "string") return new Invalid([texts.pkType(typeName(raw))]);
    if (raw.startsWith(BYTE_ORDER_MARK)) return new Invalid([texts.byteOrderMark]);
    if (DOT_SEGMENTS.includes(raw)) return new Invalid([texts.dotSegment]);
    const problems = textProblems(raw, LONGEST_USER_ID);
    return problems.length > 0 ? new Invalid(problems) : raw;
  });
}
