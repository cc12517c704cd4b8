/* The scoring kernel in WebAssembly: what tessera/kernel.py says, for large catalogues. scripts/build_kernel makes kernel.wasm of it;
 * kernel.mjs calls it.
 *
 * Memory is one stack. What is held lies at its bottom and stays for the instance's life; above it, each call finds what it was
 * given (in the `inbox`) and puts what it needs, and leaves it there for the next call to overwrite. A handle is the address of a
 * Section, Model or Plan. Calls return a handle, or the address of an Answer; REFUSED or NO_MEMORY instead. */

#include "kernel_held.h"

#include "kernel_score.h"

#include "kernel_best.h"

SMALL

typedef struct {
  u32 model, plan, take, spare, query, without, tables, unused; /* the last three: sizes */
} Call;

/* In the inbox: a Call, then, each from a multiple of 16, query, without, tables; so many bytes in all. */
EXPORT(top) i32 top(u32 size) {
  u32 before = used;
  const Call *call = room(size);
  if (!call) return NO_MEMORY;
  if (size < sizeof(Call)) return used = before, REFUSED;
  u64 without = sizeof(Call) + padded(call->query), tables = without + padded(call->without);
  Ask ask = {.query = {.model = of(call->model, MODEL)}, .plan = call->plan ? of(call->plan, PLAN) : 0, .take = call->take, .spare = call->spare};
  i32 found = REFUSED;
  if (ask.query.model && (ask.plan || !call->plan) && tables + call->tables == size) {
    const u8 *given = (const u8 *)call;
    found = choose(&ask, given + sizeof(Call), call->query, given + without, call->without, given + tables, call->tables);
  }
  used = before;
  return found;
}

/* A vector as int8. */
ONCE void unpack(const Model *model, u32 row, i8 *out) {
  const u8 *bytes = (const u8 *)model->rows + row * model->stride;
  for (u32 i = 0; i < model->stride; i++)
    switch (model->kind) {
    case INT8: out[i] = (i8)bytes[i]; break;
    case INT4:
      out[2 * i] = (i8)((i8)(bytes[i] << 4) >> 4);
      out[2 * i + 1] = (i8)((i8)bytes[i] >> 4);
      break;
    default: __builtin_memcpy(out + i * model->width, (const i8 *)model->books + (256 * i + bytes[i]) * model->width, model->width);
    }
}

/* In the answer: the scale as f64, the vector. */
EXPORT(row) i32 row(u32 handle, u32 at) {
  u32 before = used;
  const Model *model = of(handle, MODEL);
  if (!model || !model->scales || at >= model->n) return REFUSED;
  Answer *found = answer(8 + model->dimensions);
  used = before;
  if (!found) return NO_MEMORY;
  *(f64 *)found->bytes = model->scales[at];
  unpack(model, at, (i8 *)found->bytes + 8);
  return (i32)found;
}

static i32 average(const Model *model, const u32 *rows, const f64 *weights, u32 count) {
  for (u32 i = 0; i < count; i++)
    if (rows[i] >= model->n || !(__builtin_fabs(weights[i]) <= HEAVY)) return REFUSED;
  f64 *total = room(8ull * model->dimensions), largest = 0;
  i8 *vector = room(model->dimensions);
  Answer *found = answer(model->dimensions);
  if (!total || !vector || !found) return NO_MEMORY;
  __builtin_memset(total, 0, 8 * model->dimensions);
  for (u32 i = 0; i < count; i++) {
    f64 scaled = weights[i] * (f64)model->scales[rows[i]];
    unpack(model, rows[i], vector);
    for (u32 j = 0; j < model->dimensions; j++) total[j] += scaled * vector[j];
  }
  for (u32 j = 0; j < model->dimensions; j++) largest = __builtin_fabs(total[j]) > largest ? __builtin_fabs(total[j]) : largest;
  if (largest < TINY) {
    found->size = 0;
    return (i32)found;
  }
  f64 scale = largest / 127;
  for (u32 j = 0; j < model->dimensions; j++) ((i8 *)found->bytes)[j] = (i8)(i32)__builtin_rint(total[j] / scale);
  return (i32)found;
}

/* In the inbox: rows, then, from a multiple of 16, weights. */
EXPORT(mean) i32 mean(u32 handle, u32 rows_size, u32 weights_size) {
  u32 before = used;
  const Model *model = of(handle, MODEL);
  if (!model || !model->scales || rows_size % 4 || weights_size != 2ull * rows_size) return REFUSED;
  u8 *given = room(padded(rows_size) + weights_size);
  i32 found = given ? average(model, (const u32 *)given, (const f64 *)(given + padded(rows_size)), rows_size / 4) : NO_MEMORY;
  used = before;
  return found;
}

static i32 scored(Query *q, const u8 *query, u32 query_size, const u32 *rows, u32 count) {
  Answer *found = answer(8ull * count);
  if (!found) return NO_MEMORY;
  for (u32 i = 0; i < count; i++)
    if (rows[i] >= q->model->n) return REFUSED;
  i32 refused = ready(q, query, query_size);
  if (refused) return refused;
  for (u32 i = 0; i < count; i += BLOCK) {
    u32 some[BLOCK];
    f64 out[BLOCK];
    u32 left = count - i < BLOCK ? count - i : BLOCK;
    __builtin_memcpy(some, rows + i, 4 * left);
    score(q, 0, some, left, out);
    __builtin_memcpy(found->bytes + 8ull * i, out, 8 * left);
  }
  return (i32)found;
}

/* In the inbox: query, then, from a multiple of 16, rows. */
EXPORT(scores) i32 scores(u32 handle, u32 query_size, u32 rows_size) {
  u32 before = used;
  Query q = {.model = of(handle, MODEL)};
  if (!q.model || rows_size % 4) return REFUSED;
  u8 *given = room(padded(query_size) + rows_size);
  i32 found = given ? scored(&q, given, query_size, (const u32 *)(given + padded(query_size)), rows_size / 4) : NO_MEMORY;
  used = before;
  return found;
}

FAST
