// The scoring kernel as the platform compiles it: workerd makes a WebAssembly.Module of the import.
import module from "./kernel.wasm";

export default module;
