// The value of a round as a tree: grey what passed, red what fails, yellow what was mended, struck through what was not taken.
// Each state has a sign and a word besides its colour.

import { h } from "./dom.js";

const SIGNS = { failed: "✗", mended: "~", ignored: "–", passed: "" };
const WORDS = { failed: "fails", mended: "mended", ignored: "not taken", passed: "" };
const MANY = 150; // nodes above which what has nothing to show is folded

/** The tree of a round, as a list. */
export function treeView(root, label) {
  const folded = size(root) > MANY;
  return h("ul", { class: "tree", "aria-label": label }, node(root, folded));
}

function size(one) {
  return one.children.reduce((sum, child) => sum + size(child), 1);
}

function isMarked(one) {
  return one.state !== "passed" || Boolean(one.marks) || one.children.some(isMarked);
}

function node(one, folded) {
  const row = [
    SIGNS[one.state] && h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[one.state]),
    WORDS[one.state] && h("span", { class: "hidden" }, `${WORDS[one.state]}: `),
    h("span", { class: "key" }, one.key === null ? "$" : String(one.key)),
    ": ",
    value(one),
  ];
  const marks = (one.marks ?? []).map(mark);
  const props = { class: `node ${one.state}`, data: { path: one.path } };
  if (!one.children.length && !one.more) return h("li", props, h("div", { class: "row-value" }, row), marks);
  return h(
    "li",
    props,
    h(
      "details",
      { open: !folded || one.key === null || isMarked(one) },
      h("summary", {}, row),
      marks,
      h(
        "ul",
        {},
        one.children.map((child) => node(child, folded)),
        one.more > 0 && h("li", { class: "node passed" }, `… ${one.more.toLocaleString("en")} more`),
      ),
    ),
  );
}

function value(one) {
  if (one.kind === "list") return h("span", { class: "size" }, `[ ${one.size} ]`);
  if (one.kind === "object") return h("span", { class: "size" }, `{ ${one.size} }`);
  if (one.kind === "missing") return h("span", { class: "size" }, one.state === "mended" ? "left out" : "nothing");
  return h("code", {}, one.value);
}

function mark(one) {
  const change = "before" in one || "after" in one;
  return h(
    "div",
    { class: `mark ${one.kind}` },
    one.rule && h("span", { class: "rule" }, one.rule),
    one.message && h("span", {}, one.message),
    change &&
      h(
        "span",
        { class: "change" },
        "before" in one && h("del", {}, h("span", { class: "hidden" }, "before: "), one.before),
        one.kind === "ignored"
          ? h("s", {}, h("span", { class: "hidden" }, "not taken: "), one.after)
          : "after" in one && h("ins", {}, h("span", { class: "hidden" }, "after: "), one.after),
      ),
  );
}
