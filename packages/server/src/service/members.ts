import { notFound, type UserId } from "@colloquy/protocol";
import { addMember, editMember, type MemberDeps, type MemberEdit, removeMember } from "../members/actions.ts";
import { findMember, listMembers } from "../members/queries.ts";
import { MemberEditBody } from "../members/routes.ts";
import { type MemberAnswer, type MemberWire, toMemberAnswers } from "../members/wire.ts";
import type { Directory } from "../people/directory.ts";
import type { Host } from "./host.ts";
import { expectId } from "./input.ts";
import { pageOf } from "./query.ts";

/** Who is in a thread, and how. */
export interface MemberService {
  /** In the order of joining; all of them unless `limit` says otherwise. */
  list(thread: number, options?: { limit?: number; offset?: number }): Promise<MemberAnswer[]>;
  get(thread: number, user: UserId): Promise<MemberAnswer>;
  add(thread: number, user: UserId, edit?: MemberEdit): Promise<MemberAnswer>;
  /** Changes a member; a new state or schema starts or stops their run. */
  edit(thread: number, user: UserId, edit: MemberEdit): Promise<MemberAnswer>;
  remove(thread: number, user: UserId): Promise<void>;
}

/** What is set of a member, with a sender who may be one. @throws TypeError */
export function checkedEdit(host: Host, edit: MemberEdit): MemberEdit {
  host.sender(edit.automated_sender);
  return host.read(MemberEditBody, edit);
}

export function memberService(deps: MemberDeps & { people: Directory }, host: Host): MemberService {
  const shown = (rows: readonly MemberWire[]) => toMemberAnswers(deps, rows, { controls: true });
  const shownOne = async (row: MemberWire) => (await shown([row]))[0]!;

  return {
    async list(thread, { limit, offset = 0 } = {}) {
      const view = await host.view(thread);
      const page = limit === undefined ? { limit: null, offset } : pageOf({ limit, offset });
      return shown(await listMembers(deps.db, view.id, page.limit, page.offset));
    },
    async get(thread, user) {
      const row = await findMember(deps.db, expectId(thread, "thread"), host.user(user));
      if (row === null) throw notFound();
      return shownOne(row);
    },
    async add(thread, user, edit = {}) {
      const view = await host.view(thread);
      return shownOne(await addMember(deps, view, host.author, host.user(user), checkedEdit(host, edit)));
    },
    async edit(thread, user, edit) {
      const view = await host.view(thread);
      return shownOne(await editMember(deps, view, host.author, host.user(user), checkedEdit(host, edit)));
    },
    async remove(thread, user) {
      await removeMember(deps, await host.view(thread), host.author, host.user(user));
    },
  };
}
