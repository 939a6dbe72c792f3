// The tab Run: answers put to the spec, pasted, from a recording, or from a model; and what became of them, round by round.

import { call, newest, settled } from "./api.js";
import { byId, copyButton, count, fill, h } from "./dom.js";
import { messageView } from "./prompt.js";
import { changed, inputs, on, state } from "./state.js";
import { treeView } from "./tree.js";

const STOPPED = {
  valid: "valid",
  unresolved: "something fails that is not asked for again",
  no_model: "nobody to ask",
  max_reasks: "no reasks are left",
  token_budget: "the tokens are used up",
  timeout: "the time is used up",
  provider: "there is no further answer",
  stalled: "two answers in a row were the same",
  refused: "the model declined",
  refrained: "a rule withholds the output",
  exception: "a rule asks for an exception",
  raised: "code of a model of the spec's author raised",
};
const ASKED_WITH = {
  recorded: "The requests begin with the recorded messages, because a variable is empty.",
  preview: "A variable is empty: its name stands in its place in the requests.",
  unknown: "The spec has no messages, and what was asked is not recorded.",
};

const parts = {};
let source = "answers";
let cassette = { name: "", text: "" };
let ran = false; // whether there is a result that is kept up to date
let number = 0; // of the conversation that is shown
let latest = null;
let asked = ""; // what the result that is shown came from

/** Make the panel. opened: what the server was started with. */
export function makeRun(opened) {
  if (opened.cassettes.length) {
    cassette = opened.cassettes[0];
    source = "cassette";
  }
  parts.fields = h("div", { class: "stack" });
  parts.live = h("input", { type: "checkbox", id: "live", checked: true });
  parts.go = h("button", { type: "button", class: "button primary", id: "run", onclick: () => run() }, "Run");
  parts.stop = h("button", { type: "button", class: "button", id: "stop", disabled: true, onclick: () => call("stop") }, "Stop");
  parts.status = h("p", { class: "status", role: "status", id: "run-status" });
  parts.result = h("div", { id: "result" });
  parts.reasks = h("input", { type: "number", id: "max-reasks", min: 0, max: 10, value: 2 });
  parts.as = h("input", { type: "text", id: "as-model", placeholder: "a model without structured output", list: "models", autocomplete: "off", spellcheck: "false" });
  parts.model = h("input", { type: "text", id: "model", placeholder: "openai:gpt-5", list: "models", autocomplete: "off", spellcheck: "false" });
  parts.options = h("input", { type: "text", id: "options", placeholder: '{"temperature": 0}', autocomplete: "off", spellcheck: "false" });
  for (const field of [parts.as, parts.reasks]) field.addEventListener("change", () => again());
  const kinds = [
    ["answers", "Pasted answers"],
    ["cassette", "A recording"],
    ["model", "A model"],
  ];
  fill(
    byId("panel-run"),
    h(
      "fieldset",
      { class: "choices" },
      h("legend", {}, "Where the answers come from"),
      kinds.map(([name, label]) =>
        h(
          "label",
          {},
          h("input", { type: "radio", name: "source", value: name, checked: name === source, onchange: () => ((source = name), showFields()) }),
          label,
        ),
      ),
    ),
    parts.fields,
    h("div", { class: "row" }, parts.go, parts.stop, h("label", { class: "row" }, parts.live, "Run again at each edit")),
    parts.status,
    parts.result,
    h("datalist", { id: "models" }, ["openai:gpt-5", "anthropic:claude-sonnet-5", "gemini:gemini-2.5-pro", "mistral:mistral-large-latest", "groq:llama-3.3-70b-versatile", "ollama:qwen3"].map((value) => h("option", { value }))),
  );
  parts.cassettes = opened.cassettes;
  parts.baseUrl = opened.base_url;
  showFields();
  const soon = settled(250, again);
  on("problems", soon);
  on("inputs", soon);
  on("replaced", () => showFields());
  on("trust", () => showFields());
  on("tab", () => state.tab === "run" && again());
}

/** Show an answer here, and run it. */
export function runAnswer(text) {
  source = "answers";
  state.answers = [text];
  for (const radio of document.querySelectorAll('input[name="source"]')) radio.checked = radio.value === source;
  showFields();
  run();
}

function showFields() {
  const fields = { answers: answerFields, cassette: cassetteFields, model: modelFields }[source]();
  fill(parts.fields, fields);
}

function answerFields() {
  return [
    state.answers.map((text, index) => {
      const id = `answer-${index}`;
      return h(
        "div",
        { class: "field" },
        h("label", { for: id }, index ? `Answer to reask ${index}` : "Answer of the model"),
        h("textarea", {
          id,
          class: "code",
          rows: index ? 3 : 7,
          value: text,
          spellcheck: "false",
          oninput: (event) => {
            state.answers = state.answers.with ? state.answers.with(index, event.target.value) : state.answers.map((one, at) => (at === index ? event.target.value : one));
            changed("answers");
            typed();
          },
        }),
        index === state.answers.length - 1 && index > 0
          ? h("button", { type: "button", class: "button small", onclick: () => ((state.answers = state.answers.slice(0, -1)), showFields(), again()) }, "Remove this answer")
          : null,
      );
    }),
    asField(),
    h("div", { class: "row" }, h("button", { type: "button", class: "button small", id: "keep-case", onclick: keep }, "Keep the first answer as a case")),
  ];
}

const typed = settled(300, () => again());

function asField() {
  return h("div", { class: "field" }, h("label", { for: "as-model" }, "Requests as sent to"), parts.as);
}

function cassetteFields() {
  const choose = h("input", { type: "file", id: "cassette-file", accept: ".jsonl,.json", onchange: (event) => takeFile(event.target.files[0]) });
  const chosen = cassette.name && !parts.cassettes.includes(cassette) ? `: ${cassette.name}` : "";
  return h(
    "div",
    { class: "fields" },
    parts.cassettes.length > 0 &&
      h(
        "div",
        { class: "field" },
        h("label", { for: "cassette" }, "Recording"),
        h(
          "select",
          { id: "cassette", onchange: (event) => ((cassette = parts.cassettes[event.target.selectedIndex]), run()) },
          parts.cassettes.map((one) => h("option", { selected: one === cassette }, one.name)),
        ),
      ),
    h("div", { class: "field" }, h("label", { for: "cassette-file" }, `Another one, from a file${chosen}`), choose),
    asField(),
    reasksField(),
  );
}

function reasksField() {
  return h("div", { class: "field" }, h("label", { for: "max-reasks" }, "Reasks at most"), parts.reasks);
}

async function takeFile(chosen) {
  if (!chosen) return;
  if (chosen.size > 8 * 1024 * 1024) {
    parts.status.textContent = "A recording has at most 8 MiB here; replay a larger one with railguard replay.";
    return;
  }
  cassette = { name: chosen.name, text: await chosen.text() };
  showFields();
  run();
}

function modelFields() {
  return [
    h("p", { class: "muted" }, `The model is really asked, with the key in the environment of railguard play${parts.baseUrl ? `, at ${parts.baseUrl}` : ""}.`),
    h(
      "div",
      { class: "fields" },
      h("div", { class: "field" }, h("label", { for: "model" }, "Model, as PROVIDER:NAME"), parts.model),
      h("div", { class: "field" }, h("label", { for: "options" }, "Options, a JSON object"), parts.options),
      reasksField(),
    ),
  ];
}

/** Run again what is shown, if it costs nothing and is to be kept up to date. */
function again() {
  if (!ran || source === "model" || !parts.live.checked || state.tab !== "run" || !state.trusted) return;
  if (JSON.stringify(question()) !== asked) run();
}

function question() {
  return { ...inputs(), source: takeSource(), max_reasks: Number(parts.reasks.value) };
}

const run = newest(async () => {
  const given = question();
  if (typeof given.source === "string") {
    parts.status.textContent = given.source;
    parts.status.dataset.kind = "error";
    return;
  }
  if (!state.trusted) {
    parts.status.textContent = "The rules of a spec from a link run only once you say so (above).";
    return;
  }
  parts.stop.disabled = false;
  const late = setTimeout(() => (parts.status.textContent = source === "model" ? "The model is asked …" : "Running … this takes longer than usual."), 250);
  let found;
  try {
    found = await call("job/run", given);
  } catch (error) {
    found = { error: error.message };
  } finally {
    clearTimeout(late);
    parts.stop.disabled = true;
  }
  ran = true;
  asked = JSON.stringify(given);
  show(found);
});

function takeSource() {
  const as = parts.as.value.trim();
  const asModel = as ? { as_model: as } : {};
  if (source === "answers") return { answers: state.answers, ...asModel };
  if (source === "cassette") return cassette.text ? { cassette: cassette.text, ...asModel } : "Choose a recording first.";
  const model = parts.model.value.trim();
  if (!model) return "Name a model first.";
  try {
    const options = JSON.parse(parts.options.value || "{}");
    if (options === null || typeof options !== "object" || Array.isArray(options)) throw new Error();
    return { model, options };
  } catch {
    return 'Options are a JSON object, as {"temperature": 0}.';
  }
}

function show(found) {
  if (found.error) {
    parts.status.textContent = found.error;
    parts.status.dataset.kind = "error";
    parts.result.classList.add("stale");
    return;
  }
  parts.result.classList.remove("stale");
  latest = found.conversations;
  number = Math.min(number, latest.length - 1);
  showConversation();
}

function showConversation() {
  const one = latest[number];
  const rounds = count(one.rounds.length, "round");
  parts.status.dataset.kind = one.passed ? "good" : "error";
  parts.status.textContent = one.passed ? `Valid after ${rounds}.` : `Not valid after ${rounds}: ${one.unanswered ? "it asks again, and there is no answer to that" : STOPPED[one.stopped]}.`;
  const choice =
    latest.length > 1 &&
    h(
      "div",
      { class: "field narrow" },
      h("label", { for: "conversation" }, `Conversation, of ${latest.length}`),
      h(
        "select",
        { id: "conversation", onchange: (event) => ((number = event.target.selectedIndex), showConversation()) },
        latest.map((other, index) => h("option", { selected: index === number }, `${index + 1}: ${other.passed ? "valid" : "not valid"}`)),
      ),
    );
  fill(
    parts.result,
    choice,
    one.error && h("p", { class: "error-text" }, one.error),
    one.refusal && h("p", { class: "error-text" }, `The model refused: ${one.refusal}`),
    ASKED_WITH[one.asked_with] && h("p", { class: "muted" }, ASKED_WITH[one.asked_with]),
    legend(),
    h(
      "div",
      { class: "rounds", role: "region", "aria-label": "Rounds", tabIndex: 0 },
      one.rounds.map((round, index) => roundView(round, index)),
      one.next && nextView(one.next, one.rounds.length),
    ),
    one.left_out.length > 0 && h("p", {}, `Left out at the end: ${one.left_out.map((failure) => failure.path).join(", ")}`),
    h(
      "details",
      { class: "fold" },
      h("summary", {}, one.passed ? "Output" : "What is valid of it"),
      h("pre", { class: "code", tabIndex: 0, "aria-label": "Output" }, JSON.stringify(one.passed ? one.output : one.partial, null, 2)),
    ),
  );
}

function legend() {
  return h(
    "p",
    { class: "legend" },
    h("span", { class: "passed" }, "passed"),
    h("span", { class: "failed" }, "✗ fails"),
    h("span", { class: "mended" }, "~ mended"),
    h("span", { class: "ignored" }, h("s", {}, "not taken")),
  );
}

function roundView(round, index) {
  const failed = round.failures.length;
  const title = `Round ${index + 1}`;
  return h(
    "article",
    { class: "round", "aria-label": title },
    h("header", {}, h("h3", {}, title), h("p", { class: failed ? "failed" : "good" }, failed ? `${failed} ${failed === 1 ? "value fails" : "values fail"}` : "nothing fails")),
    h("p", { class: "muted" }, round.asked.length ? `Asked for ${round.asked.join(", ")}` : "Asked for everything"),
    round.usage?.known && h("p", { class: "muted" }, `${count(round.usage.input_tokens, "token")} in, ${round.usage.output_tokens.toLocaleString("en")} out`),
    round.note && h("p", { class: "mended" }, round.note),
    treeView(round.tree, `Value after round ${index + 1}`),
    h("details", { class: "fold" }, h("summary", {}, "Answer as it was written"), h("pre", { class: "code", tabIndex: 0, "aria-label": `Answer of round ${index + 1}` }, round.raw)),
    round.messages.length > 0 && requestView(round, index),
  );
}

function requestView(round, index) {
  const whole = h("div", { class: "stack request" }, round.messages.map(messageView));
  const sent = round.sent;
  return [
    h("details", { class: "fold" }, h("summary", {}, `Request (${count(round.messages.reduce((sum, one) => sum + one.bytes, 0), "byte")} of messages)`), whole),
    index > 0 && h("details", { class: "fold" }, h("summary", {}, "Difference to the request before"), differenceView(round.difference)),
    sent &&
      h(
        "details",
        { class: "fold" },
        h("summary", {}, "HTTP request"),
        h("div", { class: "row spread" }, h("span", { class: "muted" }, sent.url), copyButton("Copy as curl", sent.curl)),
        h("pre", { class: "code tall", tabIndex: 0, "aria-label": `HTTP request of round ${index + 1}, as curl` }, sent.curl),
        h("p", { class: "muted" }, "The key is not in it: the command takes it from the variable API_KEY."),
      ),
  ];
}

function differenceView(runs) {
  return h(
    "div",
    { class: "stack" },
    runs.map((one) =>
      one.kind === "same"
        ? h("p", { class: "muted" }, `${count(one.count, "message")} as before, to the byte`)
        : h(
            "article",
            { class: `delta ${one.kind}` },
            h("header", {}, `${one.kind === "added" ? "+ added" : "− not in this one"}: ${one.role}, ${count(one.bytes, "byte")}`),
            h("pre", { tabIndex: 0, "aria-label": `${one.kind} message of the ${one.role}` }, one.text),
          ),
    ),
  );
}

function nextView(next, rounds) {
  return h(
    "article",
    { class: "round next", "aria-label": "What would be asked next" },
    h("header", {}, h("h3", {}, "Next"), h("p", {}, "would be asked again")),
    h("p", { class: "muted" }, next.paths.join(", ") || "everything"),
    h("div", { class: "stack" }, next.messages.map(messageView)),
    source === "answers" &&
      h(
        "button",
        {
          type: "button",
          class: "button",
          onclick: () => {
            state.answers = [...state.answers, ""];
            showFields();
            byId(`answer-${rounds}`)?.focus();
          },
        },
        "Write the answer to this",
      ),
  );
}

function keep() {
  const first = state.answers[0];
  if (!first.trim()) {
    parts.status.textContent = "Paste an answer first.";
    return;
  }
  changed("keep", first);
  parts.status.textContent = "Kept: see Cases.";
}
