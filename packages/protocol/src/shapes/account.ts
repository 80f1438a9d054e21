import { type Static, Type } from "typebox";
import { Nullable } from "./nullable.ts";
import { UserRef } from "./userId.ts";

/** A person as others see them. A host may replace this shape; only `id` is relied on. */
export const Account = Type.Object({
  id: UserRef,
  first_name: Type.String(),
  last_name: Type.String(),
  avatar: Nullable(Type.String(), "URL of a picture"),
});
export type Account = Static<typeof Account>;

/** An account of the standalone server, with fields that only its operator sees. */
export const AccountDetails = Type.Object({
  ...Account.properties,
  is_superuser: Type.Boolean(),
  language: Nullable(Type.String()),
  time_zone: Nullable(Type.String()),
});
export type AccountDetails = Static<typeof AccountDetails>;

/** The account of the caller, with fields that only they see. */
export const Me = Type.Object({
  ...Account.properties,
  is_superuser: Type.Boolean(),
  language: Nullable(Type.String()),
  time_zone: Nullable(Type.String()),
});
export type Me = Static<typeof Me>;
