import { choosing } from "./choosing.ts";

/** `choice`: exactly one of its answers. */
export const choice = choosing((_chosen, count) => (count > 1 ? ["TOO_MANY"] : []));
