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

/* One tile: c (tall × wide) = or += a (tall × deep) · a strip of the packed matrix, of which so many vectors are
   wanted. Of a few rows each sum is made in parts, since a processor would wait for the last addition to begin the
   next. What is needed soon is fetched on the way, `pace` bytes further for each number of a row: all at once, it would
   be in the way of what is needed now. */
static inline __attribute__((always_inline)) void tile(const int tall, const int vecs, const real *a, int64_t down,
                                                       int64_t right, const real *w, int64_t deep, real *c,
                                                       int64_t ldc, int64_t wide, const real *bias, int add,
                                                       const char *soon, int64_t pace) {
  const int parts = tall == 1 ? 4 : tall <= 3 ? 2 : 1, count = tall * parts;
  vec sum[TALL][2];
  const real *row[(TALL + 2) / 3]; /* every third row has a pointer: an address may add one or two times `down` to it */
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) sum[i][0] = sum[i][1] = (vec){0};
#pragma GCC unroll 16
  for (int i = 0; i < (tall + 2) / 3; i++) row[i] = a + 3 * i * down;
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
  int64_t k = 0;
  for (; parts > 1 && k + parts <= deep; k += parts) {
#pragma GCC unroll 4
    for (int p = 0; p < parts; p++) PART(p)
  }
  for (; k < deep; k++) PART(0)
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

/* A matrix that is multiplied, its rows `down` apart and their numbers `right`, and where its product is written or
   added. */
typedef struct {
  const real *a;
  int64_t down, right, rows;
  real *c;
  int64_t ldc;
} Operand;

/* Tiles of equal height, one below the other; what is left of the operand then. */
static Operand tiles(int64_t count, int64_t tall, Operand o, const real *w, int64_t deep, int64_t wide,
                     const real *bias, int add, const char *soon, int64_t pace) {
  const int64_t beyond = o.right == 1 ? tall * o.down : deep * TALL;
#define CASE(T) \
  case T: \
    for (int64_t n = 0; T <= TALL && n < count; n++, o.a += beyond, o.c += T * o.ldc, soon += pace * deep) \
      tile(T < TALL ? T : TALL, 2, o.a, o.down, o.right, w, deep, o.c, o.ldc, wide, bias, add, soon, pace); \
    break;
  switch (tall) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
  }
  return o;
}

/* The same where half a strip is wanted, in lower tiles, of which there are fewer to compile. */
static Operand half_tiles(int64_t count, int64_t tall, Operand o, const real *w, int64_t deep, int64_t wide,
                          const real *bias, int add) {
  const int64_t beyond = o.right == 1 ? tall * o.down : deep * TALL;
  for (int64_t n = 0; n < count; n++, o.a += beyond, o.c += tall * o.ldc)
    for (int64_t i = 0, few; i < tall; i += few) {
      few = tall - i < LOW ? tall - i : LOW;
#define HALF(T) \
  case T: tile(T, 1, o.a + i * o.down, o.down, o.right, w, deep, o.c + i * o.ldc, o.ldc, wide, bias, add, 0, 0); break;
      switch (few) { HALF(1) HALF(2) HALF(3) HALF(4) HALF(5) HALF(6) }
    }
  return o;
}

/* One column of c, for a few rows: in a strip that is empty but for it, it would take as long as many. */
static inline __attribute__((always_inline)) void column(const int tall, Operand o, const real *w, int64_t deep,
                                                         real bias, int add) {
  vec sum[AT_ONCE] = {0};
  int64_t k = 0;
  for (; k + LANES <= deep; k += LANES) {
    const vec of_w = *(const vec *)(w + k);
#pragma GCC unroll 8
    for (int i = 0; i < tall; i++) sum[i] += *(const vec *)(o.a + i * o.down + k) * of_w;
  }
#pragma GCC unroll 8
  for (int i = 0; i < tall; i++) {
    real total = add ? o.c[i * o.ldc] : bias;
    for (int64_t n = k; n < deep; n++) total += o.a[i * o.down + n] * w[n];
#pragma GCC unroll 16
    for (int lane = 0; lane < LANES; lane++) total += sum[i][lane];
    o.c[i * o.ldc] = total;
  }
}

/* A few columns, each of which lies by itself in w. */
static void columns(Operand all, const real *w, int64_t deep, int64_t wide, const real *bias, int add) {
  for (int64_t j = 0; j < wide; j++, w += deep, all.c++) {
    Operand o = all;
    for (int64_t i = 0, tall; i < o.rows; i += tall, o.a += tall * o.down, o.c += tall * o.ldc) {
      tall = o.rows - i < AT_ONCE ? 1 : AT_ONCE;
      if (tall > 1) column(AT_ONCE, o, w, deep, bias ? bias[j] : 0, add);
      else column(1, o, w, deep, bias ? bias[j] : 0, add);
    }
  }
}

/* Rows that lie by columns, each tile's to a place of its own, since such rows collide in the first cache. Of `count`
   tiles the first `higher` have a row more than `low`. */
static void copy_rows(Operand o, int64_t count, int64_t low, int64_t higher, int64_t deep, real *to) {
  const real *from = o.a, *end = o.a + o.rows * o.down;
  for (int64_t n = 0; n < count; n++, to += deep * TALL) {
    const int64_t tall = low + (n < higher);
    if (o.down == 1 && from + TALL <= end) {
      for (int64_t k = 0; k < deep; k++) memcpy(to + k * TALL, from + k * o.right, sizeof(real) * TALL);
    } else {
      for (int64_t k = 0; k < deep; k++)
        for (int64_t i = 0; i < tall; i++) to[k * TALL + i] = from[i * o.down + k * o.right];
    }
    from += tall * o.down;
  }
}

/* What one block of a packed matrix, deep × wide, adds to as many columns of c: for a few rows after the other, which
   stay in the second cache, while each strip of the block is in the first, and the next one on its way. */
static void block(int narrow, Operand o, const real *w, int64_t deep, int64_t wide, const real *bias, int add) {
  static _Thread_local real copied[FEW * TALL * DEEP];
  const int64_t rounds = (o.rows + FEW * TALL - 1) / (FEW * TALL);
  for (int64_t m = 0; m < rounds; m++) {
    const int64_t i0 = o.rows * m / rounds, rows = o.rows * (m + 1) / rounds - i0;
    const int64_t count = (rows + TALL - 1) / TALL, low = rows / count, higher = rows - low * count;
    const int64_t pace = (int64_t)sizeof(real) * WIDE / count;
    Operand few = {o.a + i0 * o.down, o.down, o.right, rows, o.c + i0 * o.ldc, o.ldc};
    if (o.right != 1) {
      copy_rows(few, count, low, higher, deep, copied);
      few = (Operand){copied, 1, TALL, rows, few.c, o.ldc};
    }
    for (int64_t j = 0; j < wide; j += WIDE, few.c += WIDE) {
      const real *strip = w + j * deep, *first = bias ? bias + j : 0;
      const char *next = (const char *)(strip + WIDE * deep);
      const int64_t here = wide - j < WIDE ? wide - j : WIDE;
      Operand part = few;
      if (narrow && here <= NARROW) {
        columns(part, strip, deep, here, first, add);
        continue;
      }
      if (here <= LANES) {
        part = half_tiles(higher, low + 1, part, strip, deep, here, first, add);
        half_tiles(count - higher, low, part, strip, deep, here, first, add);
        continue;
      }
      if (higher) part = tiles(higher, low + 1, part, strip, deep, here, first, add, next, pace);
      tiles(count - higher, low, part, strip, deep, here, first, add, next + higher * pace * deep, pace);
    }
  }
}

/* c (rows × outer) = or += a (rows × inner) · w, with w packed; the rows of a lie `down` apart. To what is not added to
   c, the bias is, where there is one. */
void multiply(const real *a, int64_t down, const real *w, int64_t rows, int64_t inner, int64_t outer,
              real *c, int64_t ldc, int64_t add, const real *bias) {
  const int64_t padded = (outer + WIDE - 1) / WIDE * WIDE;
  for (int64_t j0 = 0; j0 < outer; j0 += PANEL)
    for (int64_t k0 = 0; k0 < inner; k0 += DEEP) {
      const int64_t deep = inner - k0 < DEEP ? inner - k0 : DEEP, wide = outer - j0 < PANEL ? outer - j0 : PANEL;
      const Operand o = {a + k0, down, 1, rows, c + j0, ldc};
      block(1, o, w + k0 * padded + j0 * deep, deep, wide, bias ? bias + j0 : 0, add || k0);
    }
}

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
        const real *a = o->a + i0 * o->down + k0 * o->right;
        const Operand rows = {a, o->down, o->right, i1 - i0, o->c + i0 * o->ldc + j0, o->ldc};
        block(narrow, rows, packed, deep, wide, 0, add || k0);
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
