"""The embedded runtime for the demo, the tests and the benchmarks: workerd through Miniflare, Python through Pyodide."""
