/* The kernel's memory, and what it holds: sections, models, plans. Whatever could make a later call read or write outside is refused
 * when a thing is made or asked for. */

#include <wasm_simd128.h>

typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef int i32;
typedef unsigned u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define INLINE static inline __attribute__((always_inline))
#define ONCE static __attribute__((noinline)) /* called from many places: kept out of them */
#define SMALL _Pragma("clang attribute push(__attribute__((minsize)), apply_to = function)") /* what is not called for every row */
#define FAST _Pragma("clang attribute pop")
#define PAGE 65536u
#define BLOCK 64 /* rows that are scored together: a word of the mask */
#define WIDEST 65536u /* dimensions: sums of their products fit an i32 */
#define REFUSED (-1)
#define NO_MEMORY (-2)
#define TINY 0x1p-1000
#define HEAVY 0x1p500
#define HUGEST 0x1.fffffffffffffp1023

enum { SECTION = 0x74636573, MODEL = 0x6c646f6d, PLAN = 0x6e616c70 };
enum Kind { INT8, INT4, PQ, LISTS, ORDER };

typedef struct {
  u32 tag, size;
  i32 most; /* the largest code of a section of u16; -1 where there is none, -2 where nobody asked yet */
  u32 unused;
  u8 bytes[];
} Section;

typedef struct {
  u32 tag, kind, n, dimensions, stride, width; /* stride: bytes a row; width: dimensions of a part (pq) */
  const void *rows, *books; /* int8, int4: rows; pq: codes and books; lists: starts and others; order: rows */
  const i16 *weights;
  const f32 *scales;
  const f64 *by_row;
} Model;

typedef struct {
  const Section *codes;
  u32 most;
} Group;

typedef struct {
  u32 tag, groups, factors_size;
  const Section *mask, *codes;
  const f64 *factors, *inverse; /* what a score above 0 is multiplied by, and one below */
  const Group *group;
  f64 highest; /* factor */
} Plan;

typedef struct {
  u32 size, unused;
  u8 bytes[];
} Answer;

typedef struct {
  f64 score;
  u32 row;
} Scored;

SMALL

/* --- memory ------------------------------------------------------------------------------------------------------------------ */

extern u8 __heap_base;
static u32 used; /* the end of what is held; within a call of what it needs too */

/* Room at the end, aligned for vectors; 0 where memory has an end. */
ONCE void *room(u64 size) {
  if (!used) used = ((u32)&__heap_base + 15) & ~15u;
  u64 end = ((u64)used + size + 15) & ~15ull;
  if (end > 0x7fffffff) return 0; /* a handle is a positive i32 */
  u64 pages = (u64)__builtin_wasm_memory_size(0);
  if (end > pages * PAGE && __builtin_wasm_memory_grow(0, (end - pages * PAGE + PAGE - 1) / PAGE) == (unsigned long)-1) return 0;
  void *found = (void *)used;
  used = (u32)end;
  return found;
}

ONCE void *of(u32 handle, u32 tag) {
  if (handle & 15 || handle < (u32)&__heap_base || handle + 16ull > used || *(u32 *)handle != tag) return 0;
  return (void *)handle;
}

/* The section's bytes where it holds exactly so many. */
ONCE const void *exactly(u32 handle, u64 size) {
  const Section *section = of(handle, SECTION);
  return section && section->size == size ? section->bytes : 0;
}

ONCE i32 most_of(Section *section) {
  if (section->most == -2) {
    const u16 *codes = (const u16 *)section->bytes;
    i32 most = -1;
    for (u32 i = 0; i < section->size / 2; i++) most = codes[i] > most ? codes[i] : most;
    section->most = most;
  }
  return section->most;
}

INLINE u64 padded(u32 size) { return ((u64)size + 15) & ~15ull; }

/* --- what is held ------------------------------------------------------------------------------------------------------------ */

/* Where the bridge writes so many bytes before its next call; 0 where there is no memory. */
EXPORT(inbox) u32 inbox(u32 size) {
  u32 before = used;
  void *found = room(size);
  if (before) used = before;
  else if (found) used = (u32)found;
  return (u32)found;
}

/* A section of so many bytes; the bridge copies them behind its handle, at 16. */
EXPORT(hold) i32 hold(u32 size) {
  Section *section = room(sizeof(Section) + (u64)size);
  if (!section) return NO_MEMORY;
  *section = (Section){SECTION, size, -2, 0};
  return (i32)section;
}

ONCE i32 keep(Model model) {
  Model *kept = room(sizeof(Model));
  if (!kept) return NO_MEMORY;
  *kept = model;
  kept->tag = MODEL;
  return (i32)kept;
}

ONCE i32 vectors(Model model, u32 scales) {
  model.scales = exactly(scales, 4ull * model.n);
  if (!model.rows || !model.scales) return REFUSED;
  for (u32 i = 0; i < model.n; i++)
    if (model.scales[i] - model.scales[i] != 0) return REFUSED; /* not finite */
  return keep(model);
}

static i32 rows_of(u32 kind, u32 rows, u32 scales, u32 n, u32 stride) {
  u32 dimensions = kind == INT4 ? 2 * stride : stride;
  if (!stride || stride > WIDEST || stride % 16 || dimensions > WIDEST) return REFUSED;
  return vectors((Model){.kind = kind, .n = n, .dimensions = dimensions, .stride = stride, .rows = exactly(rows, (u64)n * stride)}, scales);
}

EXPORT(int8) i32 int8(u32 rows, u32 scales, u32 n, u32 stride) { return rows_of(INT8, rows, scales, n, stride); }

EXPORT(int4) i32 int4(u32 rows, u32 scales, u32 n, u32 stride) { return rows_of(INT4, rows, scales, n, stride); }

EXPORT(pq) i32 pq(u32 codes, u32 books, u32 scales, u32 n, u32 parts, u32 width) {
  if (!parts || !width || parts > WIDEST || width > WIDEST || (u64)parts * width > WIDEST) return REFUSED;
  Model model = {.kind = PQ, .n = n, .dimensions = parts * width, .stride = parts, .width = width};
  model.rows = exactly(codes, (u64)n * parts);
  model.books = exactly(books, 256ull * parts * width);
  return model.books ? vectors(model, scales) : REFUSED;
}

EXPORT(lists) i32 lists(u32 starts, u32 others, u32 weights, u32 n) {
  const u32 *start = exactly(starts, 4ull * n + 4);
  if (!start || start[0]) return REFUSED;
  for (u32 i = 0; i < n; i++)
    if (start[i] > start[i + 1]) return REFUSED;
  const u32 *other = exactly(others, 4ull * start[n]);
  const i16 *weight = exactly(weights, 2ull * start[n]);
  if (!other || !weight) return REFUSED;
  for (u32 i = 0; i < start[n]; i++)
    if (other[i] >= n) return REFUSED;
  return keep((Model){.kind = LISTS, .n = n, .rows = start, .books = other, .weights = weight});
}

EXPORT(order) i32 order(u32 rows, u32 scores, u32 n) {
  const u32 *row = exactly(rows, 4ull * n);
  const f64 *by_row = exactly(scores, 8ull * n);
  if (!row || !by_row) return REFUSED;
  for (u32 i = 0; i < n; i++)
    if (row[i] >= n || by_row[i] - by_row[i] != 0) return REFUSED;
  for (u32 i = 1; i < n; i++) {
    f64 before = by_row[row[i - 1]], after = by_row[row[i]];
    if (before < after || (before == after && row[i - 1] >= row[i])) return REFUSED; /* so none is there twice */
  }
  return keep((Model){.kind = ORDER, .n = n, .rows = row, .by_row = by_row});
}

/* In the inbox: the factors, then pairs of u32: section and most. They stay where they are. */
EXPORT(plan) i32 plan(u32 mask, u32 codes, u32 factors_size, u32 groups_size) {
  u32 before = used;
  u8 *given = room(padded(factors_size) + groups_size);
  f64 *inverse = room(padded(factors_size));
  Plan *kept = room(sizeof(Plan));
  Group *group = room(sizeof(Group) * (u64)(groups_size / 8));
  i32 refused = REFUSED;
  if (!given || !inverse || !kept || !group) { refused = NO_MEMORY; goto out; }
  *kept = (Plan){PLAN, groups_size / 8, factors_size, of(mask, SECTION), of(codes, SECTION), (const f64 *)given, inverse, group, 0};
  if (factors_size % 8 || groups_size % 8 || (mask && !kept->mask) || (codes && !kept->codes)) goto out;
  for (u32 i = 0; i < factors_size / 8; i++)
    if (!(kept->factors[i] > 0) || kept->factors[i] - kept->factors[i] != 0 || (inverse[i] = 1 / kept->factors[i]) > HUGEST) goto out;
  for (u32 i = 0; i < factors_size / 8; i++)
    if (kept->factors[i] > kept->highest) kept->highest = kept->factors[i];
  for (u32 i = 0; codes && i < kept->codes->size; i++)
    if (kept->codes->bytes[i] >= factors_size / 8) goto out;
  for (u32 i = 0; i < kept->groups; i++) {
    const u32 *pair = (const u32 *)(given + padded(factors_size)) + 2 * i;
    group[i] = (Group){of(pair[0], SECTION), pair[1]};
    if (!group[i].codes || group[i].codes->size % 2) goto out;
    most_of((Section *)group[i].codes);
  }
  return (i32)kept;
out:
  used = before;
  return refused;
}

FAST
