import type { ControlledMember, Member } from "@colloquy/protocol";
import type { Directory } from "../people/directory.ts";
import type { MemberRow } from "./queries.ts";

/** What of a member crosses the wire. */
export type MemberWire = Omit<
  MemberRow,
  "question_id" | "related_message" | "run_id" | "variables" | "next_restart"
>;

function controlFields(row: MemberWire) {
  const {
    automated_sender,
    frequency_unit,
    frequency_value,
    repeat_until,
    initial_question,
    on_finish,
    schema_id,
    state,
  } = row;
  const repetition = { frequency_unit, frequency_value, repeat_until };
  return { automated_sender, ...repetition, initial_question, on_finish, schema: schema_id, state };
}

/** A member as whoever controls them sees them, or as the others do. */
export type MemberAnswer = Member & Partial<ControlledMember>;

/** Members with their people; `controls` adds how each is led. */
export async function toMemberAnswers(
  { people }: { people: Pick<Directory, "show"> },
  rows: readonly MemberWire[],
  { controls }: { controls: boolean },
): Promise<MemberAnswer[]> {
  const accounts = await people.show(rows.map((row) => row.user_id));
  return rows.map((row) => {
    const member = {
      user: row.user_id,
      users_data: accounts.get(row.user_id)!,
      permissions: row.permissions,
    };
    return controls ? { ...member, ...controlFields(row) } : member;
  });
}
