// The editor: CodeMirror, with what `railguard check` says shown in it, and the list of it below.

import {
  EditorState,
  EditorView,
  HighlightStyle,
  autocompletion,
  basicSetup,
  hoverTooltip,
  isolateHistory,
  keymap,
  setDiagnostics,
  snippet,
  syntaxHighlighting,
  tags,
  xmlLanguage,
} from "./codemirror.js";
import { call, newest, settled } from "./api.js";
import { byId, count, fill, h, prose } from "./dom.js";
import { changed, state } from "./state.js";

const SLOW = 200; // milliseconds after which the page says that a check takes long
const LARGE = 100_000; // characters of a spec whose check is expected to take long
const MOST = 200; // problems that are listed
const REST = 250; // milliseconds without a check after which fixes are looked for

const colours = HighlightStyle.define([
  { tag: tags.tagName, color: "var(--code-tag)" },
  { tag: tags.angleBracket, color: "var(--code-mark)" },
  { tag: tags.attributeName, color: "var(--code-name)" },
  { tag: [tags.attributeValue, tags.string], color: "var(--code-value)" },
  { tag: [tags.comment, tags.blockComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.character, tags.processingInstruction, tags.documentMeta], color: "var(--code-other)" },
]);

const TYPES = { element: "class", attribute: "property", validator: "function", argument: "variable", action: "enum", variable: "variable", primitive: "constant" };

let view = null;

/** Make the editor. nonce: of the page, for CodeMirror's style sheet. save: called for Ctrl+S. */
export function makeEditor(parent, nonce, save) {
  view = new EditorView({
    parent,
    state: EditorState.create({
      doc: state.text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorState.lineSeparator.of("\n"),
        EditorState.tabSize.of(2),
        keymap.of([{ key: "Mod-s", run: () => (save(), true), preventDefault: true }]),
        basicSetup,
        xmlLanguage,
        syntaxHighlighting(colours),
        autocompletion({ override: [complete] }),
        hoverTooltip(hover),
        EditorView.contentAttributes.of({ "aria-label": "RAIL document", "aria-describedby": "summary", spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          state.text = view.state.doc.toString();
          changed("text");
        }),
      ],
    }),
  });
  check();
  return view;
}

/** Put a text into the editor. It is one step for undo, however soon after other edits. */
export function showText(text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: isolateHistory.of("full") });
}

/** Check the spec. While one check runs the next keystrokes wait, and then the newest text alone is checked. */
export const check = newest(async () => {
  const text = state.text;
  const began = performance.now();
  const late = setTimeout(() => say("Checking … this spec takes longer than usual.", "warning"), SLOW);
  if (text.length > LARGE) say("Checking …");
  let problems = null;
  try {
    const found = await call("job/check", { text });
    if (found.error) say(`The spec could not be checked: ${found.error}`, "error");
    else problems = found.problems;
  } catch (error) {
    say(error.message, "error");
  } finally {
    clearTimeout(late);
  }
  if (problems === null || text !== state.text) return;
  show(problems, performance.now() - began);
  changed("problems", problems);
});

function say(text, kind = "") {
  const summary = byId("summary");
  summary.textContent = text;
  summary.dataset.kind = kind;
}

function show(problems, took) {
  const errors = problems.filter((one) => one.severity === "error").length;
  const warnings = problems.length - errors;
  const parts = [errors && count(errors, "error"), warnings && count(warnings, "warning")].filter(Boolean);
  say(`${parts.join(", ") || "No problems"} · checked in ${Math.round(took)} ms`, errors ? "error" : warnings ? "warning" : "good");
  mark(problems);
  if (problems.length) mend(state.text, problems);
}

/** Mark problems in the editor, and list them. Those that have `fixes` offer them in both places. */
function mark(problems) {
  const doc = view.state.doc;
  const placed = problems.slice(0, MOST).map((one) => ({ ...one, ...place(doc, one) }));
  view.dispatch(
    setDiagnostics(
      view.state,
      placed.map((one) => ({
        from: one.from,
        to: one.to,
        severity: one.severity,
        source: one.code,
        message: one.hint ? `${one.message}\n${one.hint}` : one.message,
        actions: one.fixes?.map((fix) => ({ name: fix.title, apply: () => apply(fix) })),
      })),
    ),
  );
  const more = problems.length - MOST;
  fill(byId("problems"), placed.map(item), more > 0 && h("li", {}, `and ${count(more, "more problem")}`));
}

/** Look for fixes once nothing was checked for a moment, and offer them if the text is still the same. */
const mend = settled(
  REST,
  newest(async (text, problems) => {
    if (text !== state.text) return;
    try {
      const found = await call("job/fixes", { text });
      if (text !== state.text || !found.problems?.length) return;
      const fixes = new Map(found.problems.map((one) => [key(one), one.fixes.map((fix) => ({ ...fix, text }))]));
      mark(problems.map((one) => ({ ...one, fixes: fixes.get(key(one)) })));
    } catch {
      // fixes help; where there are none, the problems are told all the same
    }
  }),
);

const key = (problem) => JSON.stringify([problem.code, problem.line, problem.column, problem.message]);

/** Make the edits of a fix, unless the text is another one by now. It is one step for undo. */
function apply(fix) {
  if (fix.text !== state.text) return;
  const changes = fix.edits.map((one) => ({ from: units(fix.text, one.from), to: units(fix.text, one.to), insert: one.insert }));
  view.dispatch({ changes, userEvent: "input.fix", annotations: isolateHistory.of("full") });
  view.focus();
}

function item(problem) {
  const where = problem.line ? `line ${problem.line}, column ${problem.column}` : "the document";
  return h(
    "li",
    { class: `problem ${problem.severity}` },
    h(
      "button",
      { type: "button", class: "problem-go", onclick: () => go(problem) },
      h("span", { class: "tag" }, problem.severity),
      h("span", { class: "where" }, where),
      h("span", {}, problem.message),
      problem.hint && h("span", { class: "hint" }, problem.hint),
    ),
    problem.fixes?.map((fix) => h("button", { type: "button", class: "problem-fix", onclick: () => apply(fix) }, fix.title)),
  );
}

function go(problem) {
  view.dispatch({ selection: { anchor: problem.from }, effects: EditorView.scrollIntoView(problem.from, { y: "center" }) });
  view.focus();
}

/** Where a problem is in the editor. It counts characters, the editor counts UTF-16 units. */
function place(doc, problem) {
  if (!problem.line) return { from: 0, to: Math.min(doc.length, 1) };
  const from = at(doc, problem.line, problem.column);
  const to = problem.end_line ? at(doc, problem.end_line, problem.end_column) : from;
  const next = Math.min(from + 1, doc.length);
  return { from, to: Math.max(to, next) };
}

function at(doc, number, column) {
  const line = doc.line(Math.max(1, Math.min(number, doc.lines)));
  return Math.min(line.from + units(line.text, column - 1), line.to);
}

/** UTF-16 units of the first characters of a text. */
function units(text, characters) {
  let at = 0;
  for (let left = characters; left > 0 && at < text.length; left--) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

/** Characters in the first UTF-16 units of a text. */
function characters(text, end) {
  let found = 0;
  for (let at = 0; at < end; found++) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return found;
}

async function complete(context) {
  const text = context.state.doc.toString();
  const before = text.slice(Math.max(0, context.pos - 1), context.pos);
  if (!context.explicit && !/[\w<"':;\-$.{ /@]/.test(before)) return null;
  try {
    const found = await call("job/complete", { text, offset: characters(text, context.pos) });
    if (context.aborted || !found.options?.length) return null;
    return {
      from: units(text, found.from),
      to: units(text, found.to),
      options: found.options.map(option),
      validFor: /^[\w.\-${]*$/,
    };
  } catch {
    return null; // completion helps; where it cannot, typing goes on
  }
}

function option(one) {
  return {
    label: one.label,
    detail: one.detail,
    info: one.doc ? () => h("div", {}, prose(one.doc)) : undefined,
    type: TYPES[one.kind],
    apply: one.snippet ? snippet(places(one.snippet)) : one.insert,
  };
}

/** The places to fill in of a snippet, from how the language server protocol writes them to how CodeMirror does. */
function places(text) {
  return text.replace(/\\([\\$}])|\$(\d)/g, (_, escaped, number) => (number === undefined ? escaped : number === "0" ? "${}" : `\${${number}}`));
}

async function hover(editor, pos) {
  const text = editor.state.doc.toString();
  try {
    const found = await call("job/hover", { text, offset: characters(text, pos) });
    if (!found.text) return null;
    return {
      pos: units(text, found.from),
      end: units(text, found.to),
      create: () => ({ dom: h("div", { class: "hover" }, prose(found.text)) }),
    };
  } catch {
    return null;
  }
}
