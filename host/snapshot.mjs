// Makes the memory snapshot: an interpreter that has already imported the application.
// node --experimental-wasm-jspi snapshot.mjs <pyodide folder> <app.zip> <output>
// Only node 24 will do: an older node's snapshot dies in workerd on the first wait for JavaScript.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ADAPTER, ENVIRONMENT, FLAGS, FLAGS_MODULE, HELPER_MODULE, install } from "./layout.mjs";
import { pack } from "./sparse.mjs";

// node would print the line of the interpreter's loader that threw: a megabyte without a line break
process.on("uncaughtException", (error) => {
  console.error(error?.message ?? error);
  process.exit(1);
});

const [folder, application, output] = process.argv.slice(2);
if (!output) throw new Error("usage: snapshot.mjs <pyodide folder> <app.zip> <output>");
if (Number(process.versions.node.split(".")[0]) < 24) throw new Error(`node 24 is needed, this is ${process.version}`);

const { loadPyodide } = await import(pathToFileURL(join(resolve(folder), "pyodide.mjs")));
const python = await loadPyodide({ _makeSnapshot: true, indexURL: resolve(folder), env: { ...ENVIRONMENT } });

const refuse = () => {
  throw new Error("the platform is not there while the snapshot is made");
};
const helper = {
  cloudflareWorkersModule: {},
  cloudflareSocketsModule: {},
  doAnImport: refuse,
  patchWaitUntil: refuse,
  patch_env_helper: refuse,
};
python.registerJsModule(HELPER_MODULE, helper);
python.registerJsModule(FLAGS_MODULE, FLAGS);
install(python, readFileSync(application));
python.pyimport(ADAPTER).destroy();

const names = new Map([[helper, HELPER_MODULE], [FLAGS, FLAGS_MODULE]]);
const bytes = python.makeMemorySnapshot({
  serializer(object) {
    const name = names.get(object);
    if (name === undefined) throw new Error(`a JavaScript object is held at module level: ${String(object).slice(0, 80)}`);
    return name;
  },
});
writeFileSync(output, pack(bytes));
process.exit(0);
