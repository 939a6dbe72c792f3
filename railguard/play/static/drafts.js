// What is not saved yet, kept in the browser: a tab that is closed or a browser that ends loses nothing.

const TAB = "railguard-tab";

function tab() {
  try {
    let id = sessionStorage.getItem(TAB);
    if (id === null) {
      id = crypto.randomUUID();
      sessionStorage.setItem(TAB, id);
    }
    return id;
  } catch {
    return "";
  }
}

const prefix = (file) => `railguard-draft:${file}:`;

/** Keep a text of a file; null when it is saved. Returns whether it could be kept. */
export function keepDraft(file, text, version) {
  try {
    const key = prefix(file) + tab();
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ text, version, at: Date.now() }));
    return true;
  } catch {
    return false; // storage is full or switched off
  }
}

/** The draft of this tab, as after a reload; null if there is none. */
export function ownDraft(file) {
  return read(prefix(file) + tab());
}

/** The newest draft of another tab or an earlier browser, with its key; null if there is none. */
export function otherDraft(file) {
  try {
    const own = prefix(file) + tab();
    const found = Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix(file)) && key !== own)
      .map((key) => ({ key, ...read(key) }))
      .filter((one) => typeof one.text === "string");
    return found.sort((one, other) => other.at - one.at)[0] ?? null;
  } catch {
    return null;
  }
}

export function dropDraft(key) {
  localStorage.removeItem(key);
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}
