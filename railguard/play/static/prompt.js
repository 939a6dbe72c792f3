// The tab Prompt: the variables, the messages as a model without structured output gets them, and the schema of a provider.

import { call, newest, settled } from "./api.js";
import { byId, copyButton, count, fill, h } from "./dom.js";
import { changed, inputs, metadata, on, state } from "./state.js";

let target = "draft2020-12";
let shown = ""; // the variables that have a field now
const parts = {};

/** Make the panel. targets: whose JSON Schema can be shown. */
export function makePrompt(targets) {
  parts.variables = h("div", { class: "stack" });
  parts.metadata = h("textarea", {
    id: "metadata",
    class: "code",
    rows: 3,
    value: state.metadata,
    spellcheck: "false",
    oninput: (event) => {
      state.metadata = event.target.value;
      parts.wrong.textContent = metadata() === null ? "Metadata is a JSON object, as {\"language\": \"en\"}." : "";
      if (metadata() !== null) changed("inputs");
    },
  });
  parts.wrong = h("p", { class: "error-text", role: "status" });
  parts.status = h("p", { class: "status", role: "status", id: "prompt-status" });
  parts.messages = h("div", { class: "stack", id: "messages" });
  parts.target = h(
    "select",
    { id: "target", onchange: (event) => ((target = event.target.value), refresh()) },
    targets.map((name) => h("option", { value: name }, name === "draft2020-12" ? "JSON Schema (draft 2020-12)" : name)),
  );
  parts.schema = h("div", { class: "stack" });
  fill(
    byId("panel-prompt"),
    h("h2", {}, "Variables"),
    parts.variables,
    h(
      "details",
      { class: "fold" },
      h("summary", {}, "Metadata for validators"),
      h("label", { for: "metadata" }, "Metadata, a JSON object"),
      parts.metadata,
      parts.wrong,
    ),
    h("h2", {}, "Messages"),
    parts.status,
    parts.messages,
    h("div", { class: "row spread" }, h("h2", {}, "Schema of the answer"), h("label", { class: "row" }, "for", parts.target)),
    parts.schema,
  );
  const soon = settled(150, () => state.tab === "prompt" && refresh());
  on("problems", soon);
  on("inputs", soon);
  on("trust", soon);
  on("tab", () => state.tab === "prompt" && refresh());
  on("replaced", () => {
    parts.metadata.value = state.metadata;
    shown = "";
    soon();
  });
}

const refresh = newest(async () => {
  if (!state.trusted) {
    parts.status.textContent = "The rules of a spec from a link run only once you say so.";
    return;
  }
  let found;
  try {
    found = await call("job/prompt", { ...inputs(), target });
  } catch (error) {
    found = { error: error.message };
  }
  if (found.variables) showVariables(found.variables);
  showMessages(found);
  if (found.schema) showSchema(found.schema);
});

function showVariables(variables) {
  const names = JSON.stringify(variables);
  changed("variables", variables);
  if (names === shown) return; // the fields stay as they are, so that the one that is typed in keeps the focus
  shown = names;
  if (!variables.length) {
    fill(parts.variables, h("p", { class: "muted" }, "This spec has no variables."));
    return;
  }
  fill(parts.variables, variables.map(variableField));
}

function variableField(one) {
  const id = `variable-${one.name}`;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, h("code", {}, one.name), one.kind === "string" ? "" : ` (${one.kind}, as JSON)`, one.required ? "" : " (optional)"),
    one.description && h("p", { class: "muted", id: `${id}-about` }, one.description),
    h("textarea", {
      id,
      rows: one.kind === "string" ? 4 : 2,
      value: state.variables[one.name] ?? "",
      "aria-describedby": one.description ? `${id}-about` : null,
      oninput: (event) => {
        state.variables = { ...state.variables, [one.name]: event.target.value };
        changed("inputs");
      },
    }),
  );
}

function showMessages(found) {
  parts.status.dataset.kind = found.error ? "error" : "";
  if (found.error) {
    parts.status.textContent = found.error;
    parts.messages.classList.add("stale");
    return;
  }
  parts.messages.classList.remove("stale");
  const preview = found.missing.length ? ` ${found.missing.join(", ")} ${found.missing.length === 1 ? "is" : "are"} empty; the name stands in its place.` : "";
  parts.status.textContent = found.messages.length
    ? `${count(found.bytes, "byte")}, about ${count(found.tokens, "token")} (an estimate: 4 bytes each).${preview}`
    : "The spec has no messages.";
  fill(parts.messages, found.messages.map(messageView));
}

/** A message with its role, its size and its text. */
export function messageView(message) {
  return h(
    "article",
    { class: `message ${message.role}`, "aria-label": `Message of the ${message.role}` },
    h(
      "header",
      { class: "row spread" },
      h("span", {}, h("strong", {}, message.role), message.is_text ? "" : " (content parts, as JSON)"),
      h("span", { class: "row" }, h("span", { class: "muted" }, count(message.bytes, "byte")), copyButton("Copy", message.text)),
    ),
    h("pre", { class: "message-text", tabIndex: 0, "aria-label": `Text of the ${message.role}` }, message.text),
  );
}

function showSchema(schema) {
  if (schema.error) {
    fill(parts.schema, h("p", { class: "error-text" }, `${schema.target} cannot be given this schema: ${schema.error}`));
    return;
  }
  fill(
    parts.schema,
    h("div", { class: "row spread" }, h("span", { class: "muted" }, `${count(schema.bytes, "byte")} on one line`), copyButton("Copy", schema.text)),
    h("pre", { class: "code tall", id: "schema", tabIndex: 0, "aria-label": `JSON Schema for ${schema.target}` }, schema.text),
  );
}
