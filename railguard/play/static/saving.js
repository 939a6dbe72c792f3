// Saving over the version that was read. Where the file is another one by now, both texts are kept until somebody chooses.

import { Refused, call } from "./api.js";
import { byId, download, fill, h } from "./dom.js";
import { dropDraft, keepDraft, otherDraft, ownDraft } from "./drafts.js";
import { showText } from "./editor.js";
import { changed, file, isDirty, state } from "./state.js";

const STARTER = `<rail version="1.0">
  <input>
    <string name="document" description="The text that is read"/>
  </input>

  <output>
    <string name="title" description="What the text is about" validators="length: 1 80"/>
    <list name="people" description="Everybody who is named">
      <string validators="two-words"/>
    </list>
  </output>

  <messages>
    <message role="user"><![CDATA[
Read the text between the lines of dashes.

-----
\${document}
-----

\${gr.complete_json_suffix}
]]></message>
  </messages>
</rail>
`;

let saving = 0; // saves that are under way

const draftName = () => file()?.path ?? "untitled";
const fromDisk = (text) => (state.crlf ? text.replaceAll("\r\n", "\n") : text);
const toDisk = (text) => (state.crlf ? text.replaceAll("\n", "\r\n") : text);

/** Take the file as it is on disk into the state. */
export function takeFile(found) {
  state.crlf = found.text.includes("\r\n") && !/(^|[^\r])\n|\r(?!\n)/.test(found.text);
  state.saved = { text: fromDisk(found.text), version: found.version };
  state.text = state.saved.text;
}

/** Begin with a document of no file. */
export function takeStarter() {
  state.saved = { text: STARTER, version: "" };
  state.text = STARTER;
}

/** Bring back what was not saved: of this tab at once, of another one if the user wants it. Called once the editor is there. */
export function restoreDrafts() {
  const own = ownDraft(draftName());
  if (own && own.text !== state.saved.text) {
    showText(own.text);
    const moved = file() !== null && own.version !== state.saved.version;
    if (moved) conflict({ text: toDisk(state.saved.text), version: state.saved.version });
    else notice("Your unsaved changes are back.", [["Discard them", () => showText(state.saved.text)]]);
    return;
  }
  const other = otherDraft(draftName());
  if (other === null) return;
  if (other.text === state.saved.text) return dropDraft(other.key);
  const when = new Date(other.at).toLocaleString();
  notice(`There are unsaved changes from another tab, of ${when}.`, [
    ["Show them", () => showText(other.text)],
    ["Discard them", () => dropDraft(other.key)],
  ]);
}

/** Keep what is not saved. */
export function keepChanges() {
  const kept = keepDraft(draftName(), isDirty() ? state.text : null, state.saved.version);
  if (!kept && isDirty()) showState("not saved, and the browser keeps no copy");
}

/** Save, over the version that was read. A document of no file is downloaded. */
export async function save() {
  if (file() === null) {
    download(state.detached ? "shared.rail" : "untitled.rail", state.text, "application/xml");
    showState("downloaded");
    return;
  }
  await saveOver(state.saved.version);
}

async function saveOver(version) {
  const text = state.text;
  saving++;
  try {
    const saved = await call("save", { file: "spec", text: toDisk(text), version });
    state.saved = { text, version: saved.version };
    clearNotices();
    keepChanges();
    changed("saved");
    showState(isDirty() ? "unsaved changes" : "saved");
  } catch (error) {
    if (error instanceof Refused && error.status === 409) conflict(error.body.now);
    else showState(`not saved: ${error.message}`, "error");
  } finally {
    saving--;
  }
}

/** See whether another program changed the file. Without changes here it is simply shown. */
export async function lookAtDisk() {
  if (file() === null) return;
  const { version } = state.saved;
  let now;
  try {
    now = await call("version", { file: "spec", version });
  } catch {
    return; // the next look, or the next save, says it
  }
  if (now.text === undefined || saving || version !== state.saved.version) return; // a save is as new, or newer
  if (fromDisk(now.text) === state.text) {
    state.saved = { text: state.text, version: now.version };
    showState("saved");
  } else if (isDirty()) conflict(now);
  else {
    takeVersion(now);
    showState("changed on disk, and shown here");
  }
}

function takeVersion(now) {
  const text = fromDisk(now.text);
  state.saved = { text, version: now.version };
  showText(text); // an edit like any other: undo brings the text before it back
  changed("saved");
}

/** Two texts of one file: nothing is written until somebody chooses. */
function conflict(now) {
  if (byId("conflict")) return;
  showState("not saved: the file was changed elsewhere", "error");
  notice(
    `${file().name} was changed by another program or in another tab. Nothing was overwritten.`,
    [
      ["Save mine over it", () => saveOver(now.version)],
      ["Take the other one", () => takeVersion(now)],
      ["Compare", () => compare(now)],
    ],
    "conflict",
  );
}

function compare(now) {
  const runs = lines(fromDisk(now.text).split("\n"), state.text.split("\n"));
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-label": "The two texts", onclose: () => dialog.remove() },
    h("h2", {}, "The two texts"),
    h("p", { class: "muted" }, "− is on disk, + is yours. Equal lines are left out."),
    h("pre", { class: "code tall", tabIndex: 0, "aria-label": "Difference" }, runs.map((one) => h("div", { class: one.kind }, `${one.kind === "added" ? "+" : "−"} ${one.line}`))),
    h("form", { method: "dialog", class: "row end" }, h("button", { class: "button" }, "Close")),
  );
  document.body.append(dialog);
  dialog.showModal();
}

function lines(before, after) {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return [
    ...before.slice(start, before.length - end).map((line) => ({ kind: "removed", line })),
    ...after.slice(start, after.length - end).map((line) => ({ kind: "added", line })),
  ];
}

/** Say beside the name of the file how it stands. */
export function showState(text, kind = "") {
  const place = byId("file-state");
  place.textContent = text;
  place.dataset.kind = kind;
}

/** A notice with things to do about it. */
export function notice(text, actions, id = "") {
  const box = h(
    "div",
    { class: "notice", id },
    h("p", {}, text),
    h(
      "div",
      { class: "row" },
      actions.map(([label, act]) => h("button", { type: "button", class: "button small", onclick: () => (label !== "Compare" && box.remove(), act()) }, label)),
      h("button", { type: "button", class: "button small quiet", onclick: () => box.remove(), "aria-label": "Close this notice" }, "Close"),
    ),
  );
  byId("notices").append(box);
  return box;
}

export function clearNotices() {
  fill(byId("notices"));
}
