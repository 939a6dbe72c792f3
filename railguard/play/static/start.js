// Runs in every browser, so it is written in the oldest JavaScript: it loads the page's modules, or leaves the message that it is too old.
(function () {
  "use strict";
  var text = document.getElementById("starting-text");
  var old = "This browser is too old for the playground. It needs Chrome or Edge 111, Firefox 114, Safari 16.4, or newer.";
  var modern =
    "noModule" in HTMLScriptElement.prototype &&
    typeof window.CompressionStream === "function" &&
    typeof window.structuredClone === "function" &&
    typeof Array.prototype.findLast === "function" &&
    typeof window.BroadcastChannel === "function";
  if (!modern) {
    text.textContent = old;
    return;
  }
  text.textContent = "The page is starting …";
  var script = document.createElement("script");
  script.type = "module";
  script.src = "/static/app.js";
  script.onerror = function () {
    text.textContent = "The page could not be loaded. Is railguard play still running?";
  };
  document.head.appendChild(script);
})();
