import { type Static, Type } from "typebox";
import { Nullable } from "./nullable.ts";
import { UserRef } from "./userId.ts";

/** A person as others see them. A host may replace this shape; only `id` is relied on. */
export const Account = Type.Object(
  {
    id: UserRef,
    first_name: Type.String({ description: "The first name", examples: ["Maria"] }),
    last_name: Type.String({ description: "The last name; may be empty", examples: ["Keller"] }),
    avatar: Nullable(Type.String(), "The URL of a picture"),
  },
  { title: "Account", description: "A user as others see them" },
);
export type Account = Static<typeof Account>;

/** An account of the standalone server, with fields that only its operator sees. */
export const AccountDetails = Type.Object(
  {
    ...Account.properties,
    is_superuser: Type.Boolean({ description: "Whether the user is a superuser" }),
    language: Nullable(Type.String({ examples: ["en"] }), "A language tag (BCP 47); null if not known"),
    time_zone: Nullable(
      Type.String({ examples: ["Europe/Berlin"] }),
      "The name of a time zone (IANA); null if not known",
    ),
  },
  { title: "AccountDetails", description: "An account with the fields that only superusers see" },
);
export type AccountDetails = Static<typeof AccountDetails>;

/** The account of the caller, with fields that only they see. */
export const Me = Type.Object(AccountDetails.properties, {
  title: "Me",
  description: "The account of the caller, with fields that only they see",
});
export type Me = Static<typeof Me>;
