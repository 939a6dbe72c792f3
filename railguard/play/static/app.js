// The page: it opens what the server was started with, and puts the parts together.

import { call, settled, takeToken } from "./api.js";
import { casesAreDirty, makeCases } from "./cases.js";
import { byId, showText as showTextDialog } from "./dom.js";
import { check, makeEditor } from "./editor.js";
import { makePrompt } from "./prompt.js";
import { makeRun, runAnswer } from "./run.js";
import { keepChanges, lookAtDisk, notice, restoreDrafts, save, showState, takeFile, takeStarter } from "./saving.js";
import { packed, shared } from "./share.js";
import { changed, file, isDirty, on, state } from "./state.js";

const TABS = ["spec", "prompt", "run", "cases"];
const narrow = matchMedia("(max-width: 760px)");
const LOOK_AGAIN = 4000; // milliseconds between two looks at the file on disk

start().catch((error) => {
  byId("starting-text").textContent = error.message;
});

async function start() {
  takeToken();
  state.opened = await call("open");
  state.variables = { ...state.opened.variables };
  state.metadata = JSON.stringify(state.opened.metadata, null, 2);
  if (state.opened.spec) takeFile(state.opened.spec);
  else takeStarter();
  const { link, wrong } = await linked();

  byId("starting").remove();
  byId("app").hidden = false;
  byId("file-name").textContent = file()?.name ?? (link ? "shared.rail" : "untitled.rail");
  document.title = `${byId("file-name").textContent} · railguard playground`;
  if (file() === null) byId("save").textContent = "Download";

  on("text", check);
  makePrompt(state.opened.targets);
  makeRun(state.opened);
  makeEditor(byId("editor"), document.documentElement.dataset.nonce, save);
  makeTabs();
  makeSplitter();
  makeTheme();
  makeSaving();
  byId("share").addEventListener("click", () => void share());
  addEventListener("hashchange", () => new URLSearchParams(location.hash.slice(1)).has("spec") && location.reload());
  if (link) offerTrust();
  else restoreDrafts();
  if (wrong) notice(wrong, []);
  await makeCases(state.opened, (answer) => {
    select("run");
    runAnswer(answer);
  });
}

/** What a link shares goes into the state, without the file and without its rules being run. */
async function linked() {
  try {
    const link = await shared();
    if (link === null) return { link: null };
    Object.assign(state, link, { detached: true, trusted: false, crlf: false, saved: { text: link.text, version: "" } });
    return { link };
  } catch (error) {
    history.replaceState(null, "", location.pathname);
    return { link: null, wrong: error.message };
  }
}

function offerTrust() {
  const instead = state.opened.spec ? [["Open my file instead", () => location.replace(location.pathname)]] : [];
  const box = notice("This spec came with a link. It is checked, but its rules are not run until you say so: a rule may ask a model or open a connection.", [
    [
      "Run its rules",
      () => {
        state.trusted = true;
        changed("trust");
      },
    ],
    ...instead,
  ]);
  box.lastElementChild.lastElementChild.remove(); // it is answered, not closed
}

async function share() {
  const { text, variables, metadata, answers } = state;
  const url = `${location.origin}/#${await packed({ text, variables, metadata, answers })}`;
  const button = byId("share");
  try {
    await navigator.clipboard.writeText(url);
    button.textContent = "Link copied";
    setTimeout(() => (button.textContent = "Share"), 1800);
  } catch {
    showTextDialog("A link that holds the spec, the variables and the answers", url);
  }
}

function makeSaving() {
  byId("save").addEventListener("click", () => void save());
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s" && !event.defaultPrevented) {
      event.preventDefault();
      void save();
    }
  });
  const keep = settled(300, keepChanges);
  on("text", () => {
    showState(isDirty() ? "unsaved changes" : "");
    keep();
  });
  addEventListener("pagehide", keepChanges);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keepChanges()); // timers rest in a tab that is left
  addEventListener("beforeunload", (event) => {
    if ((isDirty() && file() !== null) || casesAreDirty()) event.preventDefault();
  });
  addEventListener("focus", () => void lookAtDisk());
  setInterval(() => document.visibilityState === "visible" && void lookAtDisk(), LOOK_AGAIN);
}

function makeTabs() {
  for (const name of TABS) byId(`tab-${name}`).addEventListener("click", () => select(name));
  byId("tabs").addEventListener("keydown", (event) => {
    const there = TABS.filter((name) => name !== "spec" || narrow.matches);
    const at = there.indexOf(state.tab);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: there.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const name = there[(next + there.length) % there.length];
    select(name);
    byId(`tab-${name}`).focus();
  });
  narrow.addEventListener("change", () => select(state.tab));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId(`panel-${state.tab}`).focus();
  });
  let first = "prompt";
  if (narrow.matches) first = "spec";
  else if (state.opened.cassettes.length) first = "run";
  select(first);
  if (first === "run" && state.trusted) byId("run").click();
}

/** Show a tab. Wide, the spec is always beside it; narrow, it is a tab of its own. */
function select(name) {
  state.tab = name === "spec" && !narrow.matches ? "prompt" : name;
  for (const one of TABS) {
    const chosen = one === state.tab;
    const tab = byId(`tab-${one}`);
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(`panel-${one}`).hidden = !chosen && !(one === "spec" && !narrow.matches);
  }
  changed("tab");
}

function makeSplitter() {
  const splitter = byId("splitter");
  const set = (percent) => {
    const value = Math.round(Math.max(20, Math.min(80, percent)));
    byId("panes").style.setProperty("--left", `${value}%`);
    splitter.setAttribute("aria-valuenow", String(value));
  };
  splitter.addEventListener("pointerdown", (event) => {
    splitter.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  splitter.addEventListener("pointermove", (event) => {
    if (!splitter.hasPointerCapture(event.pointerId)) return;
    const box = byId("panes").getBoundingClientRect();
    set(((event.clientX - box.left) / box.width) * 100);
  });
  splitter.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -4, ArrowRight: 4 }[event.key];
    if (step) set(Number(splitter.getAttribute("aria-valuenow")) + step);
  });
}

function makeTheme() {
  const button = byId("theme");
  const names = ["auto", "light", "dark"];
  const show = (name) => {
    document.documentElement.dataset.theme = name;
    button.textContent = `Theme: ${name}`;
  };
  let name = "auto";
  try {
    name = localStorage.getItem("railguard-theme") ?? "auto";
  } catch {
    // storage is switched off
  }
  show(names.includes(name) ? name : "auto");
  button.addEventListener("click", () => {
    const next = names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length];
    show(next);
    try {
      localStorage.setItem("railguard-theme", next);
    } catch {
      // it then lasts as long as the page
    }
  });
}
