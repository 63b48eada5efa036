/* Tiles: what is added up in registers, and written once. After pack.c. */

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
  const int64_t ldc = t->ldc, pace = t->pace;
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
}

/* How much room a tile has whose rows are copied: a line more than they need, since tiles of which each number lies in
   the same place of a page would collide in the first cache. */
static inline int64_t room(int64_t deep) { return deep * TALL + LINE / (int64_t)sizeof(real); }

/* Go on below a tile. */
static inline void below(Tiles *t, int64_t tall) {
  for (Term *term = t->term; term < t->term + t->terms; term++)
    term->a += term->right == 1 ? tall * term->down : room(term->deep);
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
