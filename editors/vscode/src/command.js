// The command that starts the server, as the settings name it.
"use strict";

const path = require("node:path");

const USUAL = ["railguard", "lsp"];

/** The program and its arguments. A program with a folder in its name, as ".venv/bin/railguard", is one of the workspace. */
function resolved(setting, folder) {
  const words = Array.isArray(setting) && setting.length > 0 && setting.every((word) => typeof word === "string") ? setting : USUAL;
  const [program, ...args] = words;
  const isRelative = /[\\/]/.test(program) && !path.isAbsolute(program);
  return { command: isRelative && folder ? path.join(folder, program) : program, args };
}

module.exports = { resolved };
