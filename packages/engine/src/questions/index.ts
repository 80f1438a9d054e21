import type { QuestionType } from "../document/document.ts";
import { choice } from "./choice.ts";
import { control } from "./control.ts";
import { date } from "./date.ts";
import { datetime } from "./datetime.ts";
import { float } from "./float.ts";
import { fork } from "./fork.ts";
import { int } from "./int.ts";
import type { QuestionKind } from "./kind.ts";
import { message } from "./message.ts";
import { multichoice } from "./multichoice.ts";
import { range } from "./range.ts";
import { text } from "./text.ts";
import { time } from "./time.ts";

/** All types of questions, by name. */
export const QUESTION_KINDS: Record<QuestionType, QuestionKind> = {
  message,
  fork,
  control,
  choice,
  multichoice,
  text,
  date,
  time,
  datetime,
  int,
  float,
  range,
};
