/* The best rows: filters, the scan over what is open, groups, runners-up. */

SMALL

INLINE int better(Scored a, Scored b) { return a.score > b.score || (a.score == b.score && a.row < b.row); }

/* The best `most` that were offered, the worst of them at the root. */
typedef struct {
  Scored *at;
  u32 count, most;
} Heap;

ONCE void sink(Scored *at, u32 count, u32 place, Scored one) {
  for (u32 child; (child = 2 * place + 1) < count; place = child) {
    if (child + 1 < count && better(at[child], at[child + 1])) child++;
    if (!better(one, at[child])) break;
    at[place] = at[child];
  }
  at[place] = one;
}

ONCE void offer(Heap *heap, Scored one) {
  if (heap->count == heap->most) {
    if (heap->most && better(one, heap->at[0])) sink(heap->at, heap->count, 0, one);
    return;
  }
  u32 place = heap->count++;
  for (; place && better(heap->at[(place - 1) / 2], one); place = (place - 1) / 2) heap->at[place] = heap->at[(place - 1) / 2];
  heap->at[place] = one;
}

/* Best first; no heap from then on. */
ONCE void sort(Heap *heap) {
  for (u32 count = heap->count; count > 1; count--) {
    Scored last = heap->at[count - 1];
    heap->at[count - 1] = heap->at[0];
    sink(heap->at, count - 1, 0, last);
  }
}

typedef struct {
  Query query;
  const Plan *plan;
  u64 *open; /* a bit a row: admissible */
  u32 words, take, spare;
  u32 **counts; /* of each group: code → how many are chosen */
  Scored *kept; /* with groups: all that are admissible */
  u32 kept_count;
  Scored *chosen; /* the best, then runners-up */
  u32 best, count;
} Ask;

ONCE int full(const Ask *ask, u32 row) {
  for (u32 i = 0; ask->counts && i < ask->plan->groups; i++)
    if (ask->counts[i][((const u16 *)ask->plan->group[i].codes->bytes)[row]] >= ask->plan->group[i].most) return 1;
  return 0;
}

/* The next row in order: chosen, passed over or a runner-up. Whether there is nothing more to find. */
ONCE int next(Ask *ask, Scored one) {
  if (ask->best < ask->take) {
    if (full(ask, one.row)) return 0;
    for (u32 i = 0; ask->counts && i < ask->plan->groups; i++) ask->counts[i][((const u16 *)ask->plan->group[i].codes->bytes)[one.row]]++;
    ask->best++;
  } else if (ask->count == ask->best + ask->spare) {
    return 1;
  }
  ask->chosen[ask->count++] = one;
  return ask->best == ask->take && ask->count == ask->best + ask->spare;
}

ONCE i32 heap_of(Heap *heap, u32 most) {
  *heap = (Heap){room(sizeof(Scored) * (u64)most), 0, most};
  return heap->at ? 0 : NO_MEMORY;
}

FAST

/* Whether one of four scores is above a bound, where those above 0 are multiplied by `more` and those below by `less`. */
INLINE int above(const f64 *scores, f64 bound, f64 more, f64 less) {
  v128_t first = wasm_v128_load(scores), second = wasm_v128_load(scores + 2), zero = wasm_f64x2_splat(0), least = wasm_f64x2_splat(bound);
  if (more != 1 || less != 1) {
    first = wasm_f64x2_mul(first, wasm_v128_bitselect(wasm_f64x2_splat(more), wasm_f64x2_splat(less), wasm_f64x2_gt(first, zero)));
    second = wasm_f64x2_mul(second, wasm_v128_bitselect(wasm_f64x2_splat(more), wasm_f64x2_splat(less), wasm_f64x2_gt(second, zero)));
  }
  return wasm_v128_any_true(wasm_v128_or(wasm_f64x2_gt(first, least), wasm_f64x2_gt(second, least)));
}

/* Boost at most four scores from `i` on. */
INLINE void boost(const Plan *plan, const u8 *codes, const u32 *rows, u32 i, u32 count, f64 *scores) {
  for (u32 j = i; j < count && j < i + 4; j++) {
    u8 code = codes[rows[j]];
    scores[j] *= scores[j] > 0 ? plan->factors[code] : plan->inverse[code];
  }
}

/* Score every row that is open, a word of them at a time. */
static void scan(Ask *ask, Heap *heap) {
  u32 rows[BLOCK];
  f64 scores[BLOCK];
  f64 least = -__builtin_inf();
  const Plan *plan = ask->plan;
  const u8 *codes = plan && plan->codes ? plan->codes->bytes : 0;
  for (u32 word = 0; word < ask->words; word++) {
    u64 open = ask->open[word];
    u32 count = 0, base = word * 64;
    if (!open) continue;
    if (open == ~0ull) {
      for (; count < 64; count += 4) wasm_v128_store(rows + count, wasm_i32x4_add(wasm_i32x4_splat((i32)(base + count)), wasm_i32x4_make(0, 1, 2, 3)));
    } else {
      for (; open; open &= open - 1) rows[count++] = base + (u32)__builtin_ctzll(open);
    }
    score(&ask->query, count == BLOCK, rows, count, scores);
    for (u32 i = 0; i < count; i += 4) { /* few of many are better than what is kept: look at four at once */
      if (codes) {
        if (heap->count == heap->most && !ask->kept && !above(scores + i, least, plan->highest, 1 / plan->highest)) continue;
        boost(plan, codes, rows, i, count, scores);
      }
      for (u32 j = i; ask->kept && j < count && j < i + 4; j++) ask->kept[ask->kept_count++] = (Scored){scores[j], rows[j]};
      if (heap->count == heap->most && !above(scores + i, least, 1, 1)) continue;
      for (u32 j = i; j < count && j < i + 4; j++)
        if (scores[j] > least || heap->count < heap->most) { /* rows ascend: an equal one comes too late */
          offer(heap, (Scored){scores[j], rows[j]});
          if (heap->count && heap->count == heap->most) least = heap->at[0].score;
        }
    }
  }
  sort(heap);
}

SMALL

/* Of the kept ones behind a bound the best, in order; such whose groups are full are left out where `some` says so. */
static void again(const Ask *ask, Heap *heap, const Scored *bound, int some) {
  for (u32 i = 0; i < ask->kept_count; i++) {
    Scored one = ask->kept[i];
    if (heap->count == heap->most && !(one.score > heap->at[0].score)) continue;
    if ((!bound || better(*bound, one)) && !(some && full(ask, one.row))) offer(heap, one);
  }
  sort(heap);
}

/* Go on from the first list where groups made it too short: lists get longer, and hold none of which enough are chosen. */
static i32 go_on(Ask *ask, Heap *heap) {
  ask->count = ask->best;
  while (ask->best < ask->take) {
    if (heap->count < heap->most) return 0;
    Scored bound = heap->at[heap->count - 1];
    u32 most = heap->most > ask->kept_count / 2 ? ask->kept_count : 2 * heap->most;
    if (heap_of(heap, most)) return NO_MEMORY;
    again(ask, heap, &bound, 1);
    for (u32 i = 0; i < heap->count && ask->best < ask->take; i++) next(ask, heap->at[i]);
  }
  if (heap_of(heap, ask->spare < ask->kept_count ? ask->spare : ask->kept_count)) return NO_MEMORY;
  again(ask, heap, ask->best ? &ask->chosen[ask->best - 1] : 0, 0);
  for (u32 i = 0; i < heap->count; i++) next(ask, heap->at[i]);
  return 0;
}

/* --- filters -------------------------------------------------------------------------------------------------------------------- */

/* In the inbox of `top`: tables as u32 section, u32 length, the bytes. */
static i32 filter(Ask *ask, const u8 *without, u32 without_size, const u8 *tables, u32 tables_size) {
  u32 n = ask->query.model->n;
  u64 *open = ask->open;
  const Plan *plan = ask->plan;
  if (plan && plan->mask) {
    if (plan->mask->size != (u32)((n + 7ull) / 8)) return REFUSED;
    if (ask->words) open[ask->words - 1] = 0;
    __builtin_memcpy(open, plan->mask->bytes, plan->mask->size);
  } else {
    __builtin_memset(open, 0xff, 8 * ask->words);
  }
  if (n % 64) open[ask->words - 1] &= (1ull << n % 64) - 1;
  if (without_size % 4) return REFUSED;
  for (u32 i = 0; i < without_size / 4; i++) {
    u32 row = ((const u32 *)without)[i];
    if (row < n) open[row / 64] &= ~(1ull << row % 64);
  }
  while (tables_size) {
    u32 head[2];
    if (tables_size < 8) return REFUSED;
    __builtin_memcpy(head, tables, 8);
    const u16 *codes = exactly(head[0], 2ull * n);
    if (!codes || head[1] > tables_size - 8 || most_of(of(head[0], SECTION)) >= (i64)head[1]) return REFUSED;
    const u8 *table = tables + 8;
    for (u32 word = 0; word < ask->words; word++) {
      u64 found = 0;
      u32 rows = n - word * 64 < 64 ? n - word * 64 : 64;
      for (u32 i = 0; i < rows; i++) found |= (u64)(table[codes[word * 64 + i]] != 0) << i;
      open[word] &= found;
    }
    tables += 8 + head[1];
    tables_size -= 8 + head[1];
  }
  if (ask->query.model->kind == LISTS)
    for (u32 word = 0; word < ask->words; word++) {
      open[word] &= ask->query.touched[word];
      for (u64 left = open[word]; left; left &= left - 1)
        if (ask->query.sums[word * 64 + (u32)__builtin_ctzll(left)] <= 0) open[word] &= ~(left & -left);
    }
  return 0;
}

static i32 fits(const Plan *plan, u32 n) {
  if (plan->codes && plan->codes->size != n) return REFUSED;
  for (u32 i = 0; i < plan->groups; i++)
    if (plan->group[i].codes->size != 2ull * n) return REFUSED;
  return 0;
}

static i32 count_groups(Ask *ask) {
  ask->counts = room(4ull * ask->plan->groups);
  ask->kept = room(sizeof(Scored) * (u64)ask->query.model->n);
  if (!ask->counts || !ask->kept) return NO_MEMORY;
  for (u32 i = 0; i < ask->plan->groups; i++) {
    u32 codes = (u32)(most_of((Section *)ask->plan->group[i].codes) + 1);
    ask->counts[i] = room(4ull * codes);
    if (!ask->counts[i]) return NO_MEMORY;
    __builtin_memset(ask->counts[i], 0, 4 * codes);
  }
  return 0;
}

ONCE Answer *answer(u64 size) {
  Answer *found = room(sizeof(Answer) + size);
  if (found) found->size = (u32)size;
  return found;
}

static i32 told(const Ask *ask) {
  Answer *found = answer(8 + 12ull * ask->count);
  if (!found) return NO_MEMORY;
  u32 *counts = (u32 *)found->bytes, *rows = (u32 *)(found->bytes + 8 + 8ull * ask->count);
  f64 *scores = (f64 *)(found->bytes + 8);
  counts[0] = ask->best;
  counts[1] = ask->count;
  for (u32 i = 0; i < ask->count; i++) {
    scores[i] = ask->chosen[i].score;
    rows[i] = ask->chosen[i].row;
  }
  return (i32)found;
}

static i32 choose(Ask *ask, const u8 *query, u32 query_size, const u8 *without, u32 without_size, const u8 *tables, u32 tables_size) {
  const Model *model = ask->query.model;
  const Plan *plan = ask->plan;
  u32 n = model->n;
  i32 refused = ready(&ask->query, query, query_size);
  if (refused || (plan && (refused = fits(plan, n)))) return refused;
  ask->words = (u32)((n + 63ull) / 64);
  ask->take = ask->take < n ? ask->take : n;
  ask->spare = ask->spare < n ? ask->spare : n;
  u32 most = ask->spare < n - ask->take ? ask->take + ask->spare : n;
  ask->open = room(8ull * ask->words);
  ask->chosen = room(sizeof(Scored) * (u64)most);
  if (!ask->open || !ask->chosen) return NO_MEMORY;
  if ((refused = filter(ask, without, without_size, tables, tables_size))) return refused;
  if (plan && plan->groups && (refused = count_groups(ask))) return refused;
  if (model->kind == ORDER && !(plan && plan->codes)) {
    const u32 *rows = model->rows;
    for (u32 i = 0; i < n && most; i++)
      if (ask->open[rows[i] / 64] >> rows[i] % 64 & 1 && next(ask, (Scored){model->by_row[rows[i]], rows[i]})) break;
    return told(ask);
  }
  if (ask->kept) most = n / 2 < most ? n : 2 * most; /* some will be passed over */
  Heap heap;
  if (heap_of(&heap, most)) return NO_MEMORY;
  scan(ask, &heap);
  int done = 0;
  for (u32 i = 0; i < heap.count && !done; i++) done = next(ask, heap.at[i]);
  if (ask->kept && !done && heap.count < ask->kept_count && (refused = go_on(ask, &heap))) return refused;
  return told(ask);
}

FAST
