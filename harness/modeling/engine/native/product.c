/* Blocks of tiles, and products of blocks. After tile.c. */

/* In how many rounds a block goes through rows: of so many at a time each strip is read once. */
static int64_t rounds_of(int64_t rows) { return (rows + FEW * TALL - 1) / (FEW * TALL); }

/* Rows that lie by columns, each tile's to a place of its own, since such rows collide in the first cache. Of `count`
   tiles the first `higher` have a row more than `low`. Those after which there is more to read are read at once, number
   by number of a row, since memory is faster the longer the pieces are. */
static void copy_rows(Term o, int64_t count, int64_t low, int64_t higher, real *to) {
  const int64_t at_once = o.down != 1 ? 0 : low == TALL ? count : count - 1;
  for (int64_t k = 0; k < o.deep; k++) {
    const real *from = o.a + k * o.right;
    for (int64_t n = 0; n < at_once; from += low + (n < higher), n++)
      memcpy(to + n * room(o.deep) + k * TALL, from, sizeof(real) * TALL);
  }
  for (int64_t n = at_once; n < count; n++) {
    const real *from = o.a + (n * low + (n < higher ? n : higher)) * o.down;
    const int64_t tall = low + (n < higher), down = o.down, right = o.right;
    real *tile = to + n * room(o.deep);
    for (int64_t k = 0; k < o.deep; k++, from += right, tile += TALL)
      for (int64_t i = 0; i < tall; i++) tile[i] = from[i * down];
  }
}

/* Of a strip that is not full, what belongs to c. */
static void write(const real *part, int64_t rows, const Tiles *strip) {
  for (int64_t i = 0; i < rows; i++) {
    real *c = strip->c + i * strip->ldc;
    for (int64_t j = 0; j < strip->wide; j++)
      c[j] = (strip->add ? c[j] : strip->bias ? strip->bias[j] : 0) + part[i * WIDE + j];
  }
}

/* What blocks of packed matrices, of each term one, add to as many columns of c: for a few rows after the other, which
   stay in the second cache, while each strip of the blocks is in the first, and the next one on its way. Rows that lie
   by columns are read where they were copied to, or are to be copied now, a round after the other. */
static void block(int narrow, const Term *terms, int64_t count, int64_t rows, real *c, int64_t ldc, int64_t wide,
                  const real *bias, int add, real *copied, int copy) {
  static _Thread_local real part[FEW * TALL * WIDE] __attribute__((aligned(LINE)));
  const int64_t rounds = rounds_of(rows);
  for (int64_t m = 0; m < rounds; m++) {
    const int64_t i0 = rows * m / rounds, few = rows * (m + 1) / rounds - i0;
    const int64_t number = (few + TALL - 1) / TALL, low = few / number, higher = few - low * number;
    Tiles all = {.terms = count, .c = c + i0 * ldc, .ldc = ldc, .add = add, .pace = (int64_t)sizeof(real) * WIDE / number};
    for (int64_t n = 0; n < count; n++) {
      all.term[n] = terms[n];
      all.term[n].a += i0 * terms[n].down;
    }
    if (terms->right != 1) {
      if (copy) copy_rows(*all.term, number, low, higher, copied);
      *all.term = (Term){copied, 1, TALL, terms->w, terms->deep};
      copied += FEW * room(DEEP);
    }
    for (int64_t j = 0; j < wide; j += WIDE) {
      Tiles strip = all;
      strip.wide = wide - j < WIDE ? wide - j : WIDE;
      strip.bias = bias ? bias + j : 0;
      strip.c += j;
      for (int64_t n = 0; n < count; n++) strip.term[n].w += j * strip.term[n].deep;
      if (narrow && strip.wide <= NARROW) {
        columns(&strip, few);
        continue;
      }
      const int half = strip.wide <= LANES, whole = strip.wide == (half ? LANES : WIDE);
      Tiles to = strip;
      if (!whole) to.c = part, to.ldc = WIDE, to.bias = 0, to.add = 0;
      (half ? half_tiles : tiles)(higher, low + 1, &to);
      (half ? half_tiles : tiles)(number - higher, low, &to);
      if (!whole) write(part, few, &strip);
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
      if (before) block(1, terms, 1, rows, c + j0, ldc, wide, bias, added, 0, 0), added = 1;
      terms[0] = term(x, features, v, features, outer, k0, j0);
      before = 1;
    }
    for (int64_t k0 = 0; k0 < inner; k0 += DEEP, before = 0, added = 1) {
      terms[before] = term(a, down, w, inner, outer, k0, j0);
      block(1, terms, before + 1, rows, c + j0, ldc, wide, bias, added, 0, 0);
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
   when it is needed, once for all operands, whose rows are copied once for all blocks that they are multiplied by, as
   far as there is room. Of their rows, or of the columns, a thread does its part. */
static void multiply_part(const Operand *operands, int64_t count, const real *w, int64_t below, int64_t beside,
                          int64_t inner, int64_t outer, int64_t add, int by_rows, int64_t part, int64_t threads) {
  static _Thread_local real packed[DEEP * PANEL] __attribute__((aligned(LINE)));
  static _Thread_local real copied[ROUNDS * FEW * (DEEP * TALL + LINE)] __attribute__((aligned(LINE)));
  const int64_t first = by_rows ? 0 : outer * part / threads, last = by_rows ? outer : outer * (part + 1) / threads;
  int narrow = 1;
  for (const Operand *o = operands; o < operands + count; o++) narrow &= o->right == 1;
  for (int64_t k0 = 0; k0 < inner; k0 += DEEP)
    for (int64_t j0 = first; j0 < last; j0 += PANEL) {
      const int64_t deep = inner - k0 < DEEP ? inner - k0 : DEEP, wide = last - j0 < PANEL ? last - j0 : PANEL;
      int64_t there = 0;
      pack_for(narrow, w + k0 * below + j0 * beside, below, beside, deep, wide, packed);
      for (const Operand *o = operands; o < operands + count; o++) {
        int64_t i = by_rows ? o->rows * part / threads : 0;
        const int64_t end = by_rows ? o->rows * (part + 1) / threads : o->rows;
        const int64_t rounds = o->right == 1 ? 0 : rounds_of(end - i);
        const int fits = there + rounds < ROUNDS; /* the last round's room is for rows that do not */
        for (int64_t most = fits ? end - i : FEW * TALL; i < end; i += most) {
          const Term rows = {o->a + i * o->down + k0 * o->right, o->down, o->right, packed, deep};
          block(narrow, &rows, 1, end - i < most ? end - i : most, o->c + i * o->ldc + j0, o->ldc, wide, 0, add || k0,
                copied + (fits ? there : ROUNDS - 1) * FEW * room(DEEP), !fits || j0 == first);
        }
        there += rounds;
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
