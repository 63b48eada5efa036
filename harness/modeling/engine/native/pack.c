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
       LOW = 6, STRIPS = 4, ROWS_AHEAD = 4, NARROW = 4, AT_ONCE = 8, ROUNDS = 16 };
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
