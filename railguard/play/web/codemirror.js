// What the playground uses of CodeMirror: bundled by build.mjs into ../static/codemirror.js, which the page imports.

export { basicSetup, EditorView } from "codemirror";
export { isolateHistory } from "@codemirror/commands";
export { EditorState } from "@codemirror/state";
export { hoverTooltip, keymap } from "@codemirror/view";
export { autocompletion, snippet } from "@codemirror/autocomplete";
export { setDiagnostics } from "@codemirror/lint";
export { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
export { xmlLanguage } from "@codemirror/lang-xml";
export { tags } from "@lezer/highlight";
