// What the page works on, in one place. Whoever changes it says so; whoever shows it listens.

const listeners = new Map();

export const state = {
  text: "", // the spec, with "\n" at line ends
  variables: {}, // name → text
  metadata: "{}", // JSON
  answers: [""], // pasted into Run: the first answer and those to reasks
  cases: [], // {answer, passes, paths}
  opened: null, // what the server was started with
  saved: { text: "", version: "" }, // the spec as it is on disk, as far as the page knows
  crlf: false, // whether the file has "\r\n" at line ends
  trusted: true, // false while a spec from a link is looked at: its rules are not run
  detached: false, // true where the spec is not that of the file
  tab: "prompt",
};

/** Listen to changes of something: "text", "inputs", "answers", "cases", "trust", "saved", "tab", "problems". */
export function on(what, listener) {
  if (!listeners.has(what)) listeners.set(what, []);
  listeners.get(what).push(listener);
}

/** Tell of a change. */
export function changed(what, ...about) {
  for (const listener of listeners.get(what) ?? []) listener(...about);
}

/** The metadata as an object; null while it is no JSON object. */
export function metadata() {
  try {
    const value = JSON.parse(state.metadata || "{}");
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** What every job gets. */
export function inputs() {
  return { text: state.text, variables: state.variables, metadata: metadata() ?? {} };
}

export const isDirty = () => state.text !== state.saved.text;
export const file = () => (state.detached ? null : state.opened?.spec ?? null);
