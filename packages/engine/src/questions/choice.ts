import { choosing } from "./choosing.ts";

/** `choice`: exactly one of its answers. Its value is the option's, else what is written, or a list of both. */
export const choice = choosing(
  (_chosen, count) => (count > 1 ? ["TOO_MANY"] : []),
  (values, own) => {
    const all = own === "" ? values : [...values, own];
    return all.length > 1 ? all : (all[0] ?? null);
  },
);
