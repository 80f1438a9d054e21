import type { QuestionType } from "./document/document.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** `[name, expression]`: the variable and what is assigned to it. */
export type Modification = [name: string, expression: string];

/** `[target, condition]`: two expressions; the result of the target is a qid. */
export type ForkingRule = [target: string | number, condition: string];

/** Texts in other languages: language tag → field → text. */
export type Translations = Record<string, Record<string, string>>;

/**
 * A schema to run: the document with all defaults and with the row ids that the API uses. Questions are ordered by
 * `position`, and so are the answers of a question.
 */
export interface Schema {
  id: number;
  name: string;
  type: string;
  version: number;
  language: string;
  published: boolean;
  deprecated: boolean;
  groups: Group[];
  questions: Question[];
}

export interface Group {
  id: number;
  name: string;
  position: number;
  translations: Translations;
}

export interface Question {
  id: number;
  /** The number by which pointers name the question; unique in the schema. */
  qid: number;
  /** The id of its group. */
  group: number | null;
  position: number;
  type: QuestionType;
  text: string;
  required: boolean;
  /** A qid; -1 or null is the end. */
  next_qid: number | null;
  choice_open: boolean;
  range_from: number | null;
  range_to: number | null;
  show_as_type: string;
  meta: Json;
  /** Notes for authors; in dumped documents only. */
  comments: string;
  variable_modifications: Modification[];
  forking_rules: ForkingRule[];
  answers: Answer[];
  attachments: AttachmentTemplate[];
  translations: Translations;
}

/** What an option means, whatever its wording. */
export type OptionValue = string | number;

/** An option of a choice or multichoice. */
export interface Answer {
  id: number;
  position: number;
  text: string;
  /** Its identity across wordings and versions; unique in the question. */
  value: OptionValue;
  next_qid: number | null;
  exclusive: boolean;
  meta: Json;
  comments: string;
  variable_modifications: Modification[];
  translations: Translations;
}

export interface AttachmentTemplate {
  id: number;
  type: string;
  title: string;
  description: string;
  src: string | null;
  thumbnail: Json;
  options: Json;
  object_id: number | null;
  content_type: number | string | null;
  translations: Translations;
}
