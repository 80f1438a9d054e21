import { type TUnsafe, Type } from "typebox";

/** A user's id is the host's, and opaque. */
export type UserId = number | string;

/** A user's id in a shape. */
export const UserRef = Type.Integer({ description: "A user's id" }) as unknown as TUnsafe<UserId>;
