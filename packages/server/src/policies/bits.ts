/** Permissions of a member in a thread: a bit field. */
export const PERMISSION = {
  MESSAGES_READ: 1,
  MESSAGES_CREATE: 2,
  MESSAGES_EDIT: 4,
  MESSAGES_DELETE: 8,
  THREAD_READ: 16,
  THREAD_EDIT: 32,
  THREAD_DELETE: 64,
  ADD_USER: 128,
  REMOVE_USER: 256,
  CONTROL_OTHERS: 512,
  BREAK_STATE: 1024,
  ROLLBACK: 2048,
  REOPEN: 4096,
} as const;

export const ALL_PERMISSIONS = 8191;

/** How a member is notified of what happens in a thread: a bit field. */
export const NOTIFICATION = { UNREAD: 1, WEBSOCKET: 2, PUSH: 4, EMAIL: 8, SMS: 16 } as const;

export const ALL_NOTIFICATIONS = 31;

export function holds(bits: number, bit: number): boolean {
  return (bits & bit) === bit;
}
