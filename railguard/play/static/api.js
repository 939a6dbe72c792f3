// What the page asks of its server. Every request carries the token of this run of `railguard play`.

const KEY = "railguard-token";
let token = "";

/** Take the token from the address, and out of it; else the one that this address was opened with before. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1));
  token = given.get("token") ?? remembered();
  if (given.has("token")) {
    remember(token);
    given.delete("token");
    history.replaceState(null, "", location.pathname + (given.size ? `#${given}` : ""));
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // storage is switched off
  }
}

function remember(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // a new tab then needs the printed address again
  }
}

/** A request that has no answer of use. `body` is what the server said. */
export class Refused extends Error {
  constructor(message, status = 0, body = {}) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** POST data, and return the answer's data. Throws Refused. */
export async function call(path, data = {}) {
  let response, body;
  try {
    response = await fetch(`/api/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Railguard-Token": token },
      body: JSON.stringify(data),
    });
    body = await response.json();
  } catch {
    throw new Refused("The playground does not answer. Is railguard play still running?");
  }
  if (!response.ok) {
    const error = body.error?.message ?? body.error ?? `the server answered ${response.status}`;
    throw new Refused(error, response.status, body);
  }
  return body;
}

/** A function that runs `work` once at a time, and of the calls that come meanwhile only the newest. */
export function newest(work) {
  let running = false;
  let waiting = null;
  return async function ask(...given) {
    if (running) {
      waiting = given;
      return;
    }
    running = true;
    try {
      await work(...given);
    } finally {
      running = false;
      if (waiting !== null) {
        const next = waiting;
        waiting = null;
        void ask(...next);
      }
    }
  };
}

/** A function that waits until it has not been called for some milliseconds. */
export function settled(milliseconds, work) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds, ...given);
  };
}
