/* The scores of some rows, by the kind of their model. */

typedef struct {
  const Model *model;
  const i16 *wide; /* int8, int4: the query, in the order in which `four` meets dimensions */
  const i32 *table; /* pq: part, code → dot product */
  i64 *sums; /* lists */
  u64 *touched; /* lists: rows whose sum was begun */
} Query;

INLINE v128_t dot8(v128_t sum, const u8 *row, const i16 *wide) {
  sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(row), wasm_v128_load(wide)));
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(row + 8), wasm_v128_load(wide + 8)));
}

/* An i16 lane holds four dimensions. */
INLINE v128_t dot4(v128_t sum, const u8 *row, const i16 *wide) {
  v128_t four = wasm_v128_load(row);
  sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_shr(wasm_i16x8_shl(four, 12), 12), wasm_v128_load(wide)));
  sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_shr(wasm_i16x8_shl(four, 8), 12), wasm_v128_load(wide + 8)));
  sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_shr(wasm_i16x8_shl(four, 4), 12), wasm_v128_load(wide + 16)));
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_shr(four, 12), wasm_v128_load(wide + 24)));
}

#define USUAL 64 /* dimensions that most models have: for them the loop is laid out */

/* Four rows at once; `kind` is a constant, and so is `dense`: whether the rows follow each other, a multiple of four of them.
 * `rows` and `out` have room for a multiple of four. */
INLINE void four(const Query *q, u32 kind, u32 stride, u32 dense, u32 *rows, u32 count, f64 *out) {
  const u8 *base = q->model->rows;
  const f32 *scales = q->model->scales;
  for (u32 i = count; !dense && i & 3; i++) rows[i] = rows[count - 1];
  for (u32 i = 0; i < count; i += 4) {
    u32 *at = rows + i;
    const u8 *a = base + (dense ? *rows + i : at[0]) * stride, *b = dense ? a + stride : base + at[1] * stride;
    const u8 *c = dense ? b + stride : base + at[2] * stride, *d = dense ? c + stride : base + at[3] * stride;
    const i16 *wide = q->wide;
    v128_t sa = wasm_i32x4_splat(0), sb = sa, sc = sa, sd = sa;
#define STEP(dot, j, wide) sa = dot(sa, a + (j), wide), sb = dot(sb, b + (j), wide), sc = dot(sc, c + (j), wide), sd = dot(sd, d + (j), wide)
    if (kind == INT8 && stride == USUAL) STEP(dot8, 0, wide), STEP(dot8, 16, wide + 16), STEP(dot8, 32, wide + 32), STEP(dot8, 48, wide + 48);
    else if (kind == INT8) for (u32 j = 0; j < stride; j += 16, wide += 16) STEP(dot8, j, wide);
    else for (u32 j = 0; j < stride; j += 16, wide += 32) STEP(dot4, j, wide);
    v128_t ab = wasm_i32x4_add(wasm_i32x4_shuffle(sa, sb, 0, 4, 1, 5), wasm_i32x4_shuffle(sa, sb, 2, 6, 3, 7));
    v128_t cd = wasm_i32x4_add(wasm_i32x4_shuffle(sc, sd, 0, 4, 1, 5), wasm_i32x4_shuffle(sc, sd, 2, 6, 3, 7));
    v128_t sum = wasm_i32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5), wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
    v128_t scale = dense ? wasm_v128_load(scales + *rows + i) : wasm_f32x4_make(scales[at[0]], scales[at[1]], scales[at[2]], scales[at[3]]);
    v128_t high = wasm_i32x4_shuffle(sum, sum, 2, 3, 2, 3), high_scale = wasm_i32x4_shuffle(scale, scale, 2, 3, 2, 3);
    wasm_v128_store(out + i, wasm_f64x2_mul(wasm_f64x2_convert_low_i32x4(sum), wasm_f64x2_promote_low_f32x4(scale)));
    wasm_v128_store(out + i + 2, wasm_f64x2_mul(wasm_f64x2_convert_low_i32x4(high), wasm_f64x2_promote_low_f32x4(high_scale)));
  }
}

static i64 sum_of(const Query *q, u32 row) { return q->touched[row / 64] >> row % 64 & 1 ? q->sums[row] : 0; }

/* The scores of at most BLOCK rows; `dense`: they follow each other, a multiple of four of them. */
ONCE void score(const Query *q, u32 dense, u32 *rows, u32 count, f64 *out) {
  const Model *model = q->model;
  switch (model->kind) {
  case INT8:
    if (model->stride == USUAL && dense) four(q, INT8, USUAL, 1, rows, count, out);
    else if (model->stride == USUAL) four(q, INT8, USUAL, 0, rows, count, out);
    else four(q, INT8, model->stride, 0, rows, count, out);
    return;
  case INT4: four(q, INT4, model->stride, 0, rows, count, out); return;
  case PQ:
    for (u32 i = 0; i < count; i++) {
      const u8 *codes = (const u8 *)model->rows + rows[i] * model->stride;
      i32 sum = 0;
      for (u32 part = 0; part < model->stride; part++) sum += q->table[256 * part + codes[part]];
      out[i] = (f64)sum * (f64)model->scales[rows[i]];
    }
    return;
  case LISTS:
    for (u32 i = 0; i < count; i++) {
      i64 sum = sum_of(q, rows[i]);
      out[i] = sum > 0 ? (f64)sum : 0;
    }
    return;
  case ORDER:
    for (u32 i = 0; i < count; i++) out[i] = model->by_row[rows[i]];
  }
}

SMALL

/* Ready a query of so many bytes; 0, REFUSED or NO_MEMORY. */
ONCE i32 ready(Query *q, const u8 *given, u32 size) {
  const Model *model = q->model;
  if (model->kind == ORDER) return size ? REFUSED : 0;
  if (model->kind == LISTS) {
    u32 count = size / 8, words = (model->n + 63) / 64;
    const u32 *rows = (const u32 *)given, *starts = model->rows, *others = model->books;
    const i32 *weights = (const i32 *)(rows + count);
    if (size % 8) return REFUSED;
    for (u32 i = 0; i < count; i++)
      if (rows[i] >= model->n) return REFUSED;
    q->sums = room(8ull * model->n);
    q->touched = room(8ull * words);
    if (!q->sums || !q->touched) return NO_MEMORY;
    __builtin_memset(q->touched, 0, 8 * words);
    for (u32 i = 0; i < count; i++)
      for (u32 j = starts[rows[i]]; j < starts[rows[i] + 1]; j++) {
        u32 other = others[j];
        u64 bit = 1ull << other % 64;
        i64 before = q->touched[other / 64] & bit ? q->sums[other] : 0;
        q->touched[other / 64] |= bit;
        q->sums[other] = before + (i64)weights[i] * model->weights[j];
      }
    return 0;
  }
  if (size != model->dimensions) return REFUSED;
  const i8 *query = (const i8 *)given;
  if (model->kind == PQ) {
    i32 *table = room(1024ull * model->stride);
    if (!table) return NO_MEMORY;
    const i8 *entry = model->books;
    for (u32 i = 0; i < 256 * model->stride; i++, entry += model->width) {
      const i8 *part = query + i / 256 * model->width;
      i32 sum = 0;
      for (u32 j = 0; j < model->width; j++) sum += part[j] * entry[j];
      table[i] = sum;
    }
    q->table = table;
    return 0;
  }
  i16 *wide = room(2ull * size);
  if (!wide) return NO_MEMORY;
  for (u32 i = 0; i < size; i++) {
    u32 at = model->kind == INT4 ? (i & ~31u) + i % 4 * 8 + i % 32 / 4 : i;
    wide[at] = query[i];
  }
  q->wide = wide;
  return 0;
}

FAST
