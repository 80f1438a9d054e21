import type { Question, Schema, Translations } from "../schema.ts";
import type { Finding, Inspect } from "./finding.ts";

/** A text that readers see, and what it is called in a finding. */
interface Text {
  name: string;
  text: string;
  field: string;
  translations: Translations;
}

/** `MISSING_TRANSLATION`: a text lacks a language that another text of the schema has. */
export const missingTranslation: Inspect = ({ compiled: { schema } }) => {
  const parts = [
    {
      texts: schema.groups.map((group) =>
        text(`the name of group "${group.name}"`, group.name, "name", group),
      ),
    },
    ...schema.questions.map((question) => ({ qid: question.qid, texts: textsOf(question) })),
  ];
  const languages = languagesOf(
    parts.flatMap(({ texts }) => texts),
    schema,
  );
  return parts.flatMap(({ texts, ...place }) =>
    languages.flatMap((language): Finding[] => {
      const lacking = texts.filter((one) => one.text.trim() !== "" && !translated(one, language, schema));
      if (lacking.length === 0) return [];
      const names = lacking.map(({ name }) => name).join(", ");
      return [
        {
          code: "MISSING_TRANSLATION",
          severity: "warning",
          ...place,
          message: `No translation into "${language}": ${names}.`,
        },
      ];
    }),
  );
};

function textsOf(question: Question): Text[] {
  if (question.type === "fork") return [];
  return [
    text("the text", question.text, "text", question),
    ...question.answers.map((answer) =>
      text(`option ${JSON.stringify(answer.text)}`, answer.text, "text", answer),
    ),
    ...question.attachments.flatMap((attachment, index) => [
      text(`the title of attachment ${index + 1}`, attachment.title, "title", attachment),
      text(`the description of attachment ${index + 1}`, attachment.description, "description", attachment),
    ]),
  ];
}

function text(
  name: string,
  value: string,
  field: string,
  { translations }: { translations: Translations },
): Text {
  return { name, text: value, field, translations };
}

/** Every language that some text is translated into, in order. */
function languagesOf(texts: Text[], { language }: Schema): string[] {
  const all = new Set(texts.flatMap(({ translations }) => Object.keys(translations)));
  return [...all].filter((tag) => tag !== language).sort();
}

/** Whether a reader of the language gets a text in it: for `pt-BR`, one in `pt` will do. */
function translated({ translations, field }: Text, language: string, schema: Schema): boolean {
  const subtags = language.split("-");
  const tags = subtags.map((_, index) => subtags.slice(0, subtags.length - index).join("-"));
  return tags.some((tag) => tag === schema.language || Boolean(translations[tag]?.[field]?.trim()));
}
