// People and a schema for the rows of spec page 7, "The original on the wire".

export const SUPERUSER = 1;
export const ME = 2;
export const YOU = 3;
export const STRANGER = 4;

/** Where the threads of ME are listed and made. */
export const THREADS = `/accounts/${ME}/threads/chat`;

const ANSWERS = [
  { text: "Tea", next_qid: 3 },
  { text: "Coffee", next_qid: 3 },
];

export const QUESTIONS = [
  { qid: 1, type: "message", next_qid: 2 },
  { qid: 2, type: "choice", answers: ANSWERS },
  { qid: 3, type: "int", next_qid: 4 },
  { qid: 4, type: "text", next_qid: -1 },
];
