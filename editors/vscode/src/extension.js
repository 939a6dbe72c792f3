// Starts railguard's language server and connects the editor with it. Everything else is in the server.
"use strict";

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");
const { resolved } = require("./command");

let client;

async function start() {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const { command, args } = resolved(vscode.workspace.getConfiguration("railguard").get("command"), folder);
  const server = { command, args, transport: TransportKind.stdio, options: { cwd: folder } };
  client = new LanguageClient("railguard", "RAIL", server, { documentSelector: [{ language: "rail" }] });
  try {
    await client.start();
  } catch (error) {
    const hint = "Install it with: pip install 'railguard[lsp]', or set railguard.command.";
    vscode.window.showErrorMessage(`The RAIL language server cannot be started: ${error.message}. ${hint}`);
    client = undefined;
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("railguard.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("railguard.command") && restart()),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
