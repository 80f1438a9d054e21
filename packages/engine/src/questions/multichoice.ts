import { choosing } from "./choosing.ts";

/** `multichoice`: one or more of its answers; an exclusive one stands alone. Its value is the list of theirs. */
export const multichoice = choosing(
  (chosen, count) => (count > 1 && chosen.some((answer) => answer.exclusive) ? ["EXCLUSIVE"] : []),
  (values) => values,
);
