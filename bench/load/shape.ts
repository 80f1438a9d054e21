/** Who writes and listens: each person is in five threads, with other people in each of them. */
export const PEOPLE = 2_000;
export const THREADS = 1_000;
/** Of each thread. */
export const MEMBERS = 10;
/** Messages that each thread has already, and everybody has read. */
export const HISTORY = 100;

const LAYERS = [1, 3, 7, 9, 11];

/** The members of each thread, as people's ids from 1 on. Each layer holds everybody once. */
export function circles(): number[][] {
  const inLayer = THREADS / LAYERS.length;
  return Array.from({ length: THREADS }, (_, thread) => {
    const stride = LAYERS[Math.floor(thread / inLayer)]!;
    const first = (thread % inLayer) * MEMBERS;
    return Array.from({ length: MEMBERS }, (_, n) => (((first + n) * stride) % PEOPLE) + 1);
  });
}

/** One thread that everybody is in. */
export function everybody(): number[][] {
  return [Array.from({ length: PEOPLE }, (_, n) => n + 1)];
}
