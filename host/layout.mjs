// What the snapshot's maker (node) and its reader (workerd) must agree on.

export const INDEX = "file:///";
export const ADAPTER = "host_adapter";
export const HELPER_MODULE = "_pyodide_entrypoint_helper";
export const FLAGS_MODULE = "_cloudflare_compat_flags";

/** msgpack's C module cannot be restored from a snapshot, so its Python form is used everywhere in the host. */
export const ENVIRONMENT = { HOME: "/home/pyodide", MSGPACK_PUREPYTHON: "1" };

/** The runtime's flags at our compatibility date; any other name reads as false. */
export const FLAGS = new Proxy(
  { python_workflows_implicit_dependencies: true, python_request_headers_preserve_commas: true },
  { get: (flags, name) => (typeof name === "string" && name.startsWith("python_") ? flags[name] === true : flags[name]) },
);

const ZIP = "/app.zip";

/** Write the application into the interpreter's file system (a snapshot holds no files) and put it on sys.path. */
export function install(python, bytes) {
  python.FS.writeFile(ZIP, bytes);
  const path = python.pyimport("sys").path;
  for (const folder of [ZIP, `${ZIP}/python_modules`]) if (!path.includes(folder)) path.append(folder);
  path.destroy();
}
