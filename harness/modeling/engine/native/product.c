/* Matrix products for the sizes of recurrent networks: few rows, by a matrix that stays the same for many steps.

   The matrix is packed once, into strips of WIDE columns, each of which lies in memory in the order in which it is
   read; then a tile of up to TALL rows by WIDE columns of the result is kept in registers, as in Goto and van de Geijn
   2008, Anatomy of high-performance matrix multiplication. Rows are read where they are, FEW tiles of them for each
   strip; the next strip is fetched meanwhile, since a matrix for which the second cache is too small comes from far. */
#include <stdint.h>
#include <string.h>

#ifdef DOUBLE
typedef double real;
#else
typedef float real;
#endif

#if defined(__AVX512F__)
enum { BYTES = 64, TALL = 12 };
#elif defined(__AVX__)
enum { BYTES = 32, TALL = 6 };
#else
enum { BYTES = 16, TALL = 6 };
#endif
enum { LANES = BYTES / sizeof(real), WIDE = 2 * LANES, DEEP = 256, PANEL = 512, FEW = 144 / TALL, LINE = 64,
       LOW = 6, STRIPS = 4, ROWS_AHEAD = 4, NARROW = 4, AT_ONCE = 8 };
typedef real vec __attribute__((vector_size(BYTES), aligned(sizeof(real))));

/* How many numbers an inner × outer matrix has when it is packed. */
int64_t packed_size(int64_t inner, int64_t outer) { return (outer + WIDE - 1) / WIDE * WIDE * inner; }

/* Pack strips of columns that lie side by side: a few at once, since memory is faster the longer the pieces are. */
static void pack_strips(const real *from, int64_t down, int64_t deep, int64_t count, real *to) {
  for (int64_t k = 0; k < deep; k++, from += down) {
    for (int64_t j = 0; j < count * WIDE; j += LINE / sizeof(real)) __builtin_prefetch(from + ROWS_AHEAD * down + j, 0, 2);
    for (int64_t n = 0; n < count; n++) memcpy(to + (n * deep + k) * WIDE, from + n * WIDE, sizeof(real) * WIDE);
  }
}

/* Pack an inner × outer matrix, whose rows lie `down` apart and whose columns `right`. Of a last strip of a few columns
   each lies by itself where `narrow` says that it is multiplied so. */
static void pack_for(int narrow, const real *w, int64_t down, int64_t right, int64_t inner, int64_t outer, real *to) {
  for (int64_t k0 = 0; k0 < inner; k0 += DEEP) {
    const int64_t deep = inner - k0 < DEEP ? inner - k0 : DEEP;
    for (int64_t j0 = 0, count; j0 < outer; j0 += count * WIDE, to += count * WIDE * deep) {
      const real *from = w + k0 * down + j0 * right;
      const int64_t left = outer - j0, wide = left < WIDE ? left : WIDE, whole = right == 1 ? left / WIDE : 0;
      count = whole < 1 ? 1 : whole < STRIPS ? whole : STRIPS;
      if (whole) {
        pack_strips(from, down, deep, count, to);
        continue;
      }
      const int64_t beside = narrow && left <= NARROW ? deep : 1, below = beside == 1 ? WIDE : 1;
      if (wide < WIDE) memset(to, 0, sizeof(real) * WIDE * deep);
      for (int64_t j = 0; j < wide; j++)
        for (int64_t k = 0; k < deep; k++) to[k * below + j * beside] = from[k * down + j * right];
    }
  }
}
void pack(const real *w, int64_t down, int64_t right, int64_t inner, int64_t outer, real *to) {
  pack_for(1, w, down, right, inner, outer, to);
}

/* Of a tile that is less than a strip wide, what belongs to c. A function of its own, which is compiled once. */
static __attribute__((noinline)) void write(int tall, const real *sum, real *c, int64_t ldc, int64_t wide,
                                            const real *bias, int add) {
  for (int i = 0; i < tall; i++)
    for (int64_t j = 0; j < wide; j++)
      c[i * ldc + j] = (add ? c[i * ldc + j] : bias ? bias[j] : 0) + sum[i * WIDE + j];
}

/* Rows of a matrix, `down` apart and their numbers `right`, by a strip of a packed one, whose columns are `deep`. */
typedef struct {
  const real *a;
  int64_t down, right;
  const real *w;
  int64_t deep;
} Term;

/* What is computed tile by tile, one below the other: c = or += the sum of some terms. What is needed soon, each term's
   next strip, is fetched on the way, `pace` bytes for each number of a row: all at once, it would be in the way of what
   is needed now. So far, `fetched` are. */
typedef struct {
  Term term[2];
  int64_t terms;
  real *c;
  int64_t ldc, wide;
  const real *bias;
  int add;
  int64_t pace, fetched;
} Tiles;

/* One tile, from a row on: tall × so many vectors as are wanted. Of a few rows each sum is made in parts, since a
   processor would wait for the last addition to begin the next. */
static inline __attribute__((always_inline)) void tile(const int tall, const int vecs, const Tiles *t, int64_t from) {
  const int parts = tall == 1 ? 4 : tall <= 3 ? 2 : 1, count = tall * parts;
  const int64_t ldc = t->ldc, wide = t->wide, pace = t->pace;
  const real *bias = t->bias;
  const int add = t->add;
  real *c = t->c + from * ldc;
  vec sum[TALL][2];
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) sum[i][0] = sum[i][1] = (vec){0};
  for (int i = 0; i < tall; i++)
    for (int v = 0; v < vecs; v++) __builtin_prefetch(c + i * ldc + v * LANES, 1);
#define PART(P) \
  { \
    const vec left = *(const vec *)w, right_of_it = *(const vec *)(w + (vecs - 1) * LANES); \
    _Pragma("GCC unroll 16") for (int i = 0; i < tall; i++) { \
      const real x = row[i / 3][i % 3 * down]; \
      sum[(P) * tall + i][0] += x * left; \
      if (vecs > 1) sum[(P) * tall + i][1] += x * right_of_it; \
    } \
    _Pragma("GCC unroll 16") for (int i = 0; i < (tall + 2) / 3; i++) row[i] += right; \
    w += WIDE; \
    if (tall >= LOW) __builtin_prefetch(soon, 0, 2), soon += pace; \
  }
#pragma GCC unroll 1 /* twice the code takes longer to compile, and is no faster */
  for (const Term *term = t->term; term < t->term + t->terms; term++) {
    const int64_t down = term->down, right = term->right, deep = term->deep;
    const real *w = term->w, *a = term->a + from * down;
    const real *row[(TALL + 2) / 3]; /* every third row has a pointer: an address may add one or two times `down` to it */
    const char *soon = (const char *)(w + WIDE * deep) + t->fetched * deep;
#pragma GCC unroll 16
    for (int i = 0; i < (tall + 2) / 3; i++) row[i] = a + 3 * i * down;
    int64_t k = 0;
    for (; parts > 1 && k + parts <= deep; k += parts) {
#pragma GCC unroll 4
      for (int p = 0; p < parts; p++) PART(p)
    }
    for (; k < deep; k++) PART(0)
  }
#pragma GCC unroll 16
  for (int i = count - 1; i >= tall; i--) {
    sum[i - tall][0] += sum[i][0];
    sum[i - tall][1] += sum[i][1];
  }
  if (wide == vecs * LANES) {
    const vec zero = {0};
#pragma GCC unroll 2
    for (int v = 0; v < vecs; v++) {
      const vec first = bias ? *(const vec *)(bias + v * LANES) : zero;
#pragma GCC unroll 16
      for (int i = 0; i < tall; i++) {
        vec *to = (vec *)(c + i * ldc + v * LANES);
        *to = (add ? *to : first) + sum[i][v];
      }
    }
  } else {
    real part[TALL][WIDE];
    memcpy(part, sum, sizeof(real) * WIDE * tall);
    write(tall, part[0], c, ldc, wide, bias, add);
  }
}

/* Go on below a tile. */
static inline void below(Tiles *t, int64_t tall) {
  for (Term *term = t->term; term < t->term + t->terms; term++) term->a += term->right == 1 ? tall * term->down : term->deep * TALL;
  t->c += tall * t->ldc;
  t->fetched += t->pace;
}

/* Tiles of equal height. */
static void tiles(int64_t count, int64_t tall, Tiles *t) {
#define CASE(T) \
  case T: \
    for (int64_t n = 0; T <= TALL && n < count; n++, below(t, T)) tile(T < TALL ? T : TALL, 2, t, 0); \
    break;
  switch (tall) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
  }
}

/* The same where half a strip is wanted, in lower tiles, of which there are fewer to compile. */
static void half_tiles(int64_t count, int64_t tall, Tiles *t) {
  for (int64_t n = 0; n < count; n++, below(t, tall))
    for (int64_t i = 0, few; i < tall; i += few) {
      few = tall - i < LOW ? tall - i : LOW;
#define HALF(T) case T: tile(T, 1, t, i); break;
      switch (few) { HALF(1) HALF(2) HALF(3) HALF(4) HALF(5) HALF(6) }
    }
}

/* One column of c, for a few rows: in a strip that is empty but for it, it would take as long as many. */
static inline __attribute__((always_inline)) void column(const int tall, const Term *term, const real *a, const real *w,
                                                         real *c, int64_t ldc, real bias, int add) {
  const int64_t down = term->down, deep = term->deep;
  vec sum[AT_ONCE] = {0};
  int64_t k = 0;
  for (; k + LANES <= deep; k += LANES) {
    const vec of_w = *(const vec *)(w + k);
#pragma GCC unroll 8
    for (int i = 0; i < tall; i++) sum[i] += *(const vec *)(a + i * down + k) * of_w;
  }
#pragma GCC unroll 8
  for (int i = 0; i < tall; i++) {
    real total = add ? c[i * ldc] : bias;
    for (int64_t n = k; n < deep; n++) total += a[i * down + n] * w[n];
#pragma GCC unroll 16
    for (int lane = 0; lane < LANES; lane++) total += sum[i][lane];
    c[i * ldc] = total;
  }
}

/* A few columns, each of which lies by itself in w. */
static void columns(const Tiles *t, int64_t rows) {
  for (int64_t n = 0; n < t->terms; n++)
    for (int64_t j = 0; j < t->wide; j++) {
      const Term *term = t->term + n;
      const real *w = term->w + j * term->deep, bias = t->bias ? t->bias[j] : 0;
      const int add = t->add || n;
      for (int64_t i = 0, tall; i < rows; i += tall) {
        const real *a = term->a + i * term->down;
        real *c = t->c + i * t->ldc + j;
        tall = rows - i < AT_ONCE ? 1 : AT_ONCE;
        if (tall > 1) column(AT_ONCE, term, a, w, c, t->ldc, bias, add);
        else column(1, term, a, w, c, t->ldc, bias, add);
      }
    }
}

/* Rows that lie by columns, each tile's to a place of its own, since such rows collide in the first cache. Of `count`
   tiles the first `higher` have a row more than `low`. */
static void copy_rows(Term o, int64_t rows, int64_t count, int64_t low, int64_t higher, real *to) {
  const real *from = o.a, *end = o.a + rows * o.down;
  for (int64_t n = 0; n < count; n++, to += o.deep * TALL) {
    const int64_t tall = low + (n < higher);
    if (o.down == 1 && from + TALL <= end) {
      for (int64_t k = 0; k < o.deep; k++) memcpy(to + k * TALL, from + k * o.right, sizeof(real) * TALL);
    } else {
      for (int64_t k = 0; k < o.deep; k++)
        for (int64_t i = 0; i < tall; i++) to[k * TALL + i] = from[i * o.down + k * o.right];
    }
    from += tall * o.down;
  }
}

/* What blocks of packed matrices, of each term one, add to as many columns of c: for a few rows after the other, which
   stay in the second cache, while each strip of the blocks is in the first, and the next one on its way. */
static void block(int narrow, const Term *terms, int64_t count, int64_t rows, real *c, int64_t ldc, int64_t wide,
                  const real *bias, int add) {
  static _Thread_local real copied[FEW * TALL * DEEP];
  const int64_t rounds = (rows + FEW * TALL - 1) / (FEW * TALL);
  for (int64_t m = 0; m < rounds; m++) {
    const int64_t i0 = rows * m / rounds, few = rows * (m + 1) / rounds - i0;
    const int64_t number = (few + TALL - 1) / TALL, low = few / number, higher = few - low * number;
    Tiles all = {.terms = count, .c = c + i0 * ldc, .ldc = ldc, .add = add, .pace = (int64_t)sizeof(real) * WIDE / number};
    for (int64_t n = 0; n < count; n++) {
      all.term[n] = terms[n];
      all.term[n].a += i0 * terms[n].down;
    }
    if (terms->right != 1) {
      copy_rows(*all.term, few, number, low, higher, copied);
      *all.term = (Term){copied, 1, TALL, terms->w, terms->deep};
    }
    for (int64_t j = 0; j < wide; j += WIDE) {
      Tiles strip = all;
      strip.wide = wide - j < WIDE ? wide - j : WIDE;
      strip.bias = bias ? bias + j : 0;
      strip.c += j;
      for (int64_t n = 0; n < count; n++) strip.term[n].w += j * strip.term[n].deep;
      if (narrow && strip.wide <= NARROW) {
        columns(&strip, few);
      } else if (strip.wide <= LANES) {
        half_tiles(higher, low + 1, &strip);
        half_tiles(number - higher, low, &strip);
      } else {
        tiles(higher, low + 1, &strip);
        tiles(number - higher, low, &strip);
      }
    }
  }
}

/* Of rows · a packed matrix, whose rows are so long, what belongs to a block that begins at a row and a column of it. */
static Term term(const real *a, int64_t down, const real *w, int64_t inner, int64_t outer, int64_t k0, int64_t j0) {
  const int64_t deep = inner - k0 < DEEP ? inner - k0 : DEEP, padded = (outer + WIDE - 1) / WIDE * WIDE;
  return (Term){a + k0, down, 1, w + k0 * padded + j0 * deep, deep};
}

/* c (rows × outer) = or += a (rows × inner) · w, with w packed; the rows of a lie `down` apart. To what is not added to
   c, the bias is, where there is one. Where there is an x (rows × features), x · v is added, too, with v packed: the
   last of its blocks and the first of the other are one sum, which saves a way to c and back. */
void multiply(const real *a, int64_t down, const real *w, int64_t rows, int64_t inner, int64_t outer, real *c, int64_t ldc,
              int64_t add, const real *bias, const real *x, const real *v, int64_t features) {
  for (int64_t j0 = 0; j0 < outer; j0 += PANEL, bias += bias ? PANEL : 0) {
    const int64_t wide = outer - j0 < PANEL ? outer - j0 : PANEL;
    Term terms[2];
    int64_t before = 0;
    int added = add != 0;
    for (int64_t k0 = 0; x && k0 < features; k0 += DEEP) {
      if (before) block(1, terms, 1, rows, c + j0, ldc, wide, bias, added), added = 1;
      terms[0] = term(x, features, v, features, outer, k0, j0);
      before = 1;
    }
    for (int64_t k0 = 0; k0 < inner; k0 += DEEP, before = 0, added = 1) {
      terms[before] = term(a, down, w, inner, outer, k0, j0);
      block(1, terms, before + 1, rows, c + j0, ldc, wide, bias, added);
    }
  }
}

/* A matrix that is multiplied, its rows `down` apart and their numbers `right`, and where its product is written or
   added. */
typedef struct {
  const real *a;
  int64_t down, right, rows;
  real *c;
  int64_t ldc;
} Operand;

/* The same for several operands, with w as it is, its rows `below` apart and its columns `beside`: each block is packed
   when it is needed, once for all operands. Of their rows, or of the columns, a thread does its part. */
static void multiply_part(const Operand *operands, int64_t count, const real *w, int64_t below, int64_t beside,
                          int64_t inner, int64_t outer, int64_t add, int by_rows, int64_t part, int64_t threads) {
  static _Thread_local real packed[DEEP * PANEL] __attribute__((aligned(LINE)));
  int narrow = 1;
  for (const Operand *o = operands; o < operands + count; o++) narrow &= o->right == 1;
  const int64_t first = by_rows ? 0 : outer * part / threads, last = by_rows ? outer : outer * (part + 1) / threads;
  for (int64_t j0 = first; j0 < last; j0 += PANEL)
    for (int64_t k0 = 0; k0 < inner; k0 += DEEP) {
      const int64_t deep = inner - k0 < DEEP ? inner - k0 : DEEP, wide = last - j0 < PANEL ? last - j0 : PANEL;
      pack_for(narrow, w + k0 * below + j0 * beside, below, beside, deep, wide, packed);
      for (const Operand *o = operands; o < operands + count; o++) {
        const int64_t i0 = by_rows ? o->rows * part / threads : 0;
        const int64_t i1 = by_rows ? o->rows * (part + 1) / threads : o->rows;
        const Term rows = {o->a + i0 * o->down + k0 * o->right, o->down, o->right, packed, deep};
        block(narrow, &rows, 1, i1 - i0, o->c + i0 * o->ldc + j0, o->ldc, wide, 0, add || k0);
      }
    }
}

/* And shared out over threads: by rows, or by columns where these are more. */
void multiply_once(const Operand *operands, int64_t count, const real *w, int64_t below, int64_t beside, int64_t inner,
                   int64_t outer, int64_t add, int64_t threads) {
  int by_rows = 0;
  for (const Operand *o = operands; o < operands + count; o++) by_rows |= o->rows >= outer;
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (int64_t part = 0; part < threads; part++)
    multiply_part(operands, count, w, below, beside, inner, outer, add, by_rows, part, threads);
}
