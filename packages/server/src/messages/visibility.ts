import type { Settings } from "../settings.ts";

export interface Viewer {
  id: number;
  isSuperuser: boolean;
}

/**
 * The types of messages that a viewer must never see: the one rule of what is visible. Every query of
 * messages takes them, and so does every push.
 */
export function hiddenTypes(settings: Settings, viewer: Viewer): readonly string[] {
  return settings.messages.hiddenTypes?.(viewer) ?? [];
}
