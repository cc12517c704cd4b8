/* Reads memory and does nothing else: the floor under whatever has to see all rows. Made for WebAssembly and for this machine. */

#if defined(__wasm__)
#define EXPORT __attribute__((export_name("read")))
typedef long long wide __attribute__((vector_size(16), aligned(16)));
#else
#define EXPORT
typedef long long wide __attribute__((vector_size(64), aligned(16)));
#endif

EXPORT long long read_all(const char *at, unsigned long size) {
  const wide *from = (const wide *)at, *end = from + size / sizeof(wide) / 4 * 4;
  wide a = {0}, b = a, c = a, d = a;
  for (; from < end; from += 4) {
    a |= from[0];
    b |= from[1];
    c |= from[2];
    d |= from[3];
  }
  a |= b | c | d;
  return a[0] | a[1];
}
