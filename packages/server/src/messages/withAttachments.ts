import { type FieldErrors, invalid } from "@colloquy/protocol";
import type { Uploads } from "../attachments/edit.ts";
import type { SentAttachment } from "../attachments/fields.ts";
import { type PrepareDeps, prepareAll, unlessRefused } from "../attachments/prepare.ts";
import type { Draft, Posted } from "../conversation/draft.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import type { Viewer } from "../conversation/view/visibility.ts";
import { draftErrors, type JudgeDeps } from "./judge.ts";

/** What it takes to post what comes with attachments. */
export interface WithAttachmentsDeps extends JudgeDeps, PrepareDeps {
  settings: JudgeDeps["settings"] & PrepareDeps["settings"];
}

/**
 * Posts a draft with what is attached to it: their files are stored before, and kept by the change that makes the message.
 * What is wrong with them is told together with what is wrong with the draft.
 */
export async function withAttachments(
  deps: WithAttachmentsDeps,
  view: ThreadView,
  user: Viewer,
  draft: Draft,
  { sent, uploads }: { sent: readonly SentAttachment[]; uploads: Uploads },
  post: (draft: Draft) => Promise<Posted>,
): Promise<Posted> {
  if (sent.length === 0) return post(draft);
  const sending = { user, thread: view.id, message: null, existing: null, stored: null, uploads };
  const prepared = await prepareAll(deps, sent, sending);
  if ("problems" in prepared) {
    const errors: FieldErrors = await draftErrors(deps, view, { ...draft, meta: draft.meta ?? {} });
    throw invalid({ ...errors, attachments: prepared.problems });
  }
  return unlessRefused(prepared, async (attachments) => {
    const posted = await post({ ...draft, attachments });
    // What was posted before has what was attached to it then.
    if (!posted.created) await prepared.discard();
    return posted;
  });
}
