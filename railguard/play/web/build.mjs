// Builds ../static/codemirror.js and the licences of what is in it. `node build.mjs --out DIR` writes elsewhere, to compare.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] === "--out" ? process.argv[3] : join(here, "..", "static");

const result = await build({
  absWorkingDir: here,
  entryPoints: ["codemirror.js"],
  outfile: join(out, "codemirror.js"),
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome111", "firefox114", "safari16.4"],
  legalComments: "none",
  metafile: true,
});

const packages = new Set();
for (const file of Object.keys(result.metafile.inputs)) {
  const found = file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}

const texts = [];
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (!licence) throw new Error(`${name} has no licence file`);
  texts.push(`${about.name} ${about.version} (${about.license})\n\n${readFileSync(join(folder, licence), "utf8").trim()}\n`);
}
const head = "codemirror.js contains the following packages, each under its own licence.\n";
writeFileSync(join(out, "codemirror.LICENSES.txt"), [head, ...texts].join("\n" + "-".repeat(80) + "\n\n"));
