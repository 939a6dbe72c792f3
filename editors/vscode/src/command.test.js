"use strict";

const assert = require("node:assert");
const path = require("node:path");
const test = require("node:test");
const { resolved } = require("./command");

test("the command of the settings is taken, a relative path from the workspace folder", () => {
  assert.deepStrictEqual(resolved(["railguard", "lsp"], "/work"), { command: "railguard", args: ["lsp"] });
  assert.deepStrictEqual(resolved([".venv/bin/railguard", "lsp", "--import", "a"], "/work"), {
    command: path.join("/work", ".venv/bin/railguard"),
    args: ["lsp", "--import", "a"],
  });
  assert.deepStrictEqual(resolved(["/usr/bin/railguard"], "/work"), { command: "/usr/bin/railguard", args: [] });
});

test("a setting that is no command is not used", () => {
  for (const wrong of [undefined, [], "railguard", [1]]) {
    assert.deepStrictEqual(resolved(wrong, undefined), { command: "railguard", args: ["lsp"] });
  }
});
