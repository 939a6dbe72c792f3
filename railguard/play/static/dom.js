// Elements out of data. Text is always text: nothing here reads HTML, so nothing that a spec or a model wrote can become part of the page.

// What is no property that can be set, or one that means something else.
const ATTRIBUTES = new Set(["for", "list", "role", "spellcheck"]);

/** An element. props: properties, `class`, `on…` handlers, `data`, and attributes such as aria-label. Children that are null or false are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.startsWith("aria") && !ATTRIBUTES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Put children in the place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

export const byId = (id) => document.getElementById(id);

/** A whole number as people write it, with its noun. */
export function count(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** A text cut where it is long. */
export function short(text, most = 120) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

/** Elements for a little Markdown: fenced code, code in a line, bold. Everything else is text. */
export function prose(text) {
  return text.split(/^```\w*\n([\s\S]*?)^```$/m).map((part, index) =>
    index % 2
      ? h("pre", { class: "code" }, part.trimEnd())
      : part
          .trim()
          .split(/\n{2,}/)
          .filter(Boolean)
          .map((paragraph) => h("p", {}, paragraph.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map(word))),
  );
}

function word(text) {
  if (/^`.+`$/.test(text)) return h("code", {}, text.slice(1, -1));
  return /^\*\*.+\*\*$/.test(text) ? h("strong", {}, text.slice(2, -2)) : text;
}

/** A button that copies a text, and says so. text: what to copy, or a function that gives it. */
export function copyButton(label, text) {
  const button = h("button", { type: "button", class: "button small", onclick: () => copy(button, label, text) }, label);
  return button;
}

async function copy(button, label, text) {
  const value = typeof text === "function" ? text() : text;
  try {
    await navigator.clipboard.writeText(value);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1500);
  } catch {
    showText(`${label}: select the text and copy it`, value);
  }
}

/** A dialog with a text, for browsers that do not let a page write to the clipboard. */
export function showText(title, text) {
  const area = h("textarea", { class: "code", rows: 12, readOnly: true, value: text, "aria-label": title });
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-label": title, onclose: () => dialog.remove() },
    h("h2", {}, title),
    area,
    h("form", { method: "dialog", class: "row end" }, h("button", { class: "button" }, "Close")),
  );
  document.body.append(dialog);
  dialog.showModal();
  area.select();
}

/** Give a file to the browser to save. */
export function download(name, text, type = "text/plain") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
