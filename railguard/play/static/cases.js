// The tab Cases: stored answers, each with its verdict under the spec as it is now and with the one that was expected.

import { Refused, call, newest, settled } from "./api.js";
import { byId, count, download, fill, h, short } from "./dom.js";
import { changed, inputs, on, state } from "./state.js";

const SHOWN = 500;
const parts = {};
let results = [];
let openCase = () => {};
let savedText = "";
let version = null; // of the file of cases; null if none was named

/** Make the panel. opened: what the server was started with. open: shows an answer in Run. */
export async function makeCases(opened, open) {
  openCase = open;
  const choose = h("input", { type: "file", id: "cases-file", class: "hidden-file", accept: ".jsonl,.json", onchange: (event) => importFile(event.target) });
  parts.status = h("p", { class: "status", role: "status", id: "cases-status" });
  parts.body = h("tbody");
  parts.table = h(
    "table",
    { class: "cases" },
    h("caption", { class: "hidden" }, "Stored answers"),
    h("thead", {}, h("tr", {}, ["Answer", "Expected", "Now", "Failing paths", ""].map((name) => h("th", { scope: "col" }, name || h("span", { class: "hidden" }, "Actions"))))),
    parts.body,
  );
  parts.save = h("button", { type: "button", class: "button", id: "save-cases", onclick: save, hidden: true }, "Save cases");
  fill(
    byId("panel-cases"),
    h("p", { class: "muted" }, "Answers that are kept, and whether each passes. They run again at each edit of the spec. In a file each is a line of JSON, as ", h("code", {}, '{"answer": "…", "passes": true, "paths": []}'), "."),
    h(
      "div",
      { class: "row wrap" },
      h("label", { class: "button", for: "cases-file" }, "Import"),
      choose,
      h("button", { type: "button", class: "button", id: "export-cases", onclick: () => download("cases.jsonl", written(), "application/jsonl") }, "Export"),
      parts.save,
    ),
    parts.status,
    h("div", { class: "scroll", role: "region", "aria-label": "Table of cases", tabIndex: 0 }, parts.table),
  );
  const soon = settled(250, () => state.tab === "cases" && refresh());
  on("problems", soon);
  on("inputs", soon);
  on("trust", soon);
  on("cases", () => (show(), soon()));
  on("tab", () => state.tab === "cases" && refresh());
  on("keep", (answer) => {
    state.cases = [...state.cases, { answer, fresh: true }];
    changed("cases");
  });
  show();
  if (opened.cases) await openFile(opened.cases);
}

/** Take the cases of the file that was named. One that cannot be read is not saved over. */
async function openFile(file) {
  const wrong = await take(file.text, file.name);
  if (wrong) return say(`${wrong} The file stays as it is.`, "error");
  version = file.version;
  savedText = written();
  parts.save.hidden = false;
  changed("cases");
}

/** Add the cases of JSON Lines. Returns why they cannot be read. */
async function take(text, name) {
  let found;
  try {
    found = await call("job/read-cases", { text, name });
  } catch (error) {
    found = { error: error.message };
  }
  if (found.error) return found.error;
  state.cases = [...state.cases, ...found.cases];
  return "";
}

async function importFile(input) {
  const [chosen] = input.files;
  if (!chosen) return;
  const wrong = await take(await chosen.text(), chosen.name);
  input.value = "";
  if (wrong) say(wrong, "error");
  else changed("cases");
}

/** The cases as JSON Lines. Those that were not touched here are written as they were read. */
function written() {
  return state.cases.map(({ line, answer, passes, paths, id }) => `${line ?? JSON.stringify({ answer, passes, paths, id })}\n`).join("");
}

async function save() {
  const text = written();
  try {
    const saved = await call("save", { file: "cases", text, version });
    version = saved.version;
    savedText = text;
    say("Saved.", "good");
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 409) return say(error.message, "error");
    await merge(error.body.now);
  }
}

/** The file is not what it was: its cases come first, then those that only this page has. */
async function merge(now) {
  const mine = state.cases;
  state.cases = [];
  const wrong = await take(now.text, "the file");
  if (wrong) {
    state.cases = mine;
    return say(`The file of cases was changed elsewhere, and cannot be read now. ${wrong} Export these cases to keep them.`, "error");
  }
  const key = ({ answer, passes, paths }) => JSON.stringify([answer, passes, paths]);
  const answers = new Set(state.cases.map((one) => one.answer));
  const same = new Set(state.cases.map(key));
  state.cases = [...state.cases, ...mine.filter((one) => (one.line === undefined ? !same.has(key(one)) : !answers.has(one.answer)))];
  version = now.version;
  changed("cases");
  say("The file of cases was changed by another program or in another tab. Its cases are here now, with yours after them: look through them, then save again.", "warning");
}

/** Whether there are cases that are in no file. */
export const casesAreDirty = () => (version === null ? state.cases.some((one) => one.line === undefined) : written() !== savedText);

const refresh = newest(async () => {
  if (!state.cases.length) {
    results = [];
    show();
    return;
  }
  if (!state.trusted) return say("The rules of a spec from a link run only once you say so (above).", "warning");
  const cases = state.cases;
  const late = setTimeout(() => say("Running the cases … this takes longer than usual.", "warning"), 250);
  let found;
  try {
    found = await call("job/cases", { ...inputs(), cases: cases.map(({ answer, passes, paths }) => ({ answer, passes, paths })) });
  } catch (error) {
    found = { error: error.message };
  } finally {
    clearTimeout(late);
  }
  if (cases !== state.cases) return; // the newer ones are asked for already
  if (found.error) {
    say(`The cases did not run: ${found.error}`, "error");
    parts.table.classList.add("stale");
    return;
  }
  parts.table.classList.remove("stale");
  results = found.results;
  adopt();
  show(found.unfinished);
});

/** Of a case that was just kept, what the spec says of it now is what is expected from now on. */
function adopt() {
  state.cases = state.cases.map((one, index) => {
    const result = results[index] ?? {};
    return one.fresh && "passes" in result ? { answer: one.answer, passes: result.passes, paths: result.paths } : one;
  });
  results = results.map((one, index) => ("passes" in one && "passes" in state.cases[index] && !("agrees" in one) ? { ...one, agrees: true } : one));
}

function say(text, kind = "") {
  parts.status.textContent = text;
  parts.status.dataset.kind = kind;
}

function show(unfinished = 0) {
  const judged = results.filter((one) => "agrees" in one);
  const agree = judged.filter((one) => one.agrees).length;
  if (!state.cases.length) say("There are no cases yet. Keep an answer from Run, or import a file.");
  else if (results.length) {
    const later = unfinished ? ` ${count(unfinished, "case")} did not run in time.` : "";
    say(`${agree.toLocaleString("en")} of ${count(judged.length, "case")} as expected.${later}`, agree === judged.length && !unfinished ? "good" : "error");
  }
  parts.table.hidden = !state.cases.length;
  const more = state.cases.length - SHOWN;
  fill(parts.body, state.cases.slice(0, SHOWN).map(rowView), more > 0 && h("tr", {}, h("td", { colSpan: 5 }, `and ${count(more, "more case")}`)));
}

function rowView(one, index) {
  const result = results[index] ?? {};
  const off = result.agrees === false;
  const name = `case ${index + 1}`;
  return h(
    "tr",
    { class: off ? "off" : "" },
    h("td", {}, h("button", { type: "button", class: "link", onclick: () => openCase(one.answer), "aria-label": `Open ${name} in Run` }, short(one.answer, 80) || "(empty)")),
    h("td", {}, one.passes !== undefined ? verdict(one.passes, one.paths) : h("span", { class: "muted" }, "nothing")),
    h("td", {}, now(result), off && h("strong", { class: "failed" }, " not as expected")),
    h("td", {}, (result.paths ?? []).map((path, at) => h("div", { class: "path", title: result.messages?.[at] ?? "" }, h("code", {}, path)))),
    h(
      "td",
      {},
      h(
        "div",
        { class: "row" },
        off && h("button", { type: "button", class: "button small", onclick: () => accept(index), "aria-label": `Expect of ${name} what it does now` }, "Accept"),
        h("button", { type: "button", class: "button small", onclick: () => remove(index), "aria-label": `Remove ${name}` }, "Remove"),
      ),
    ),
  );
}

function now(result) {
  if (result.error) return h("span", { class: "failed", title: result.error }, `error: ${short(result.error, 60)}`);
  return "passes" in result ? verdict(result.passes) : h("span", { class: "muted" }, "not run");
}

function verdict(passes, paths) {
  const where = !passes && paths?.length ? ` at ${paths.join(", ")}` : "";
  return h("span", { class: passes ? "good" : "failed" }, passes ? "✓ passes" : `✗ fails${where}`);
}

function accept(index) {
  const { passes, paths } = results[index];
  state.cases = state.cases.map((one, at) => (at === index ? { answer: one.answer, passes, paths, id: one.id } : one));
  changed("cases");
}

function remove(index) {
  state.cases = state.cases.filter((_, at) => at !== index);
  results = results.filter((_, at) => at !== index);
  changed("cases");
}
