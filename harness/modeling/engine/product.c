/* Matrix products for the sizes of recurrent networks: few rows, by a matrix that stays the same for many steps.

   The matrix is packed once, into strips of WIDE columns, each of which lies in memory in the order in which it is
   read; then a tile of up to TALL rows by WIDE columns of the result is kept in registers, as in Goto and van de Geijn
   2008, Anatomy of high-performance matrix multiplication. The rows are read where they are. */
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
enum { LANES = BYTES / sizeof(real), WIDE = 2 * LANES, DEEP = 256 };
typedef real vec __attribute__((vector_size(BYTES), aligned(sizeof(real))));

/* How many numbers an inner × outer matrix has when it is packed. */
int64_t packed_size(int64_t inner, int64_t outer) { return (outer + WIDE - 1) / WIDE * WIDE * inner; }

/* Pack an inner × outer matrix, whose rows lie `down` apart and whose columns `right`. */
void pack(const real *w, int64_t down, int64_t right, int64_t inner, int64_t outer, real *to) {
  for (int64_t k0 = 0; k0 < inner; k0 += DEEP)
    for (int64_t j0 = 0; j0 < outer; j0 += WIDE) {
      const int64_t deep = inner - k0 < DEEP ? inner - k0 : DEEP;
      const int64_t wide = outer - j0 < WIDE ? outer - j0 : WIDE;
      const real *from = w + k0 * down + j0 * right;
      if (wide < WIDE) memset(to, 0, sizeof(real) * WIDE * deep);
      if (right == 1 && wide == WIDE) {
        for (int64_t k = 0; k < deep; k++) memcpy(to + k * WIDE, from + k * down, sizeof(real) * WIDE);
      } else {
        for (int64_t j = 0; j < wide; j++)
          for (int64_t k = 0; k < deep; k++) to[k * WIDE + j] = from[k * down + j * right];
      }
      to += WIDE * deep;
    }
}

/* One tile: c (tall × wide) = or += a (tall × deep) · a strip of the packed matrix. */
static inline __attribute__((always_inline)) void tile(const int tall, const real *a, int64_t down, int64_t right,
                                                       const real *w, int64_t deep, real *c, int64_t ldc, int64_t wide,
                                                       int add) {
  vec sum[TALL][2];
  const real *row[(TALL + 2) / 3]; /* every third row has a pointer: an address may add one or two times `down` to it */
#pragma GCC unroll 16
  for (int i = 0; i < tall; i++) sum[i][0] = sum[i][1] = (vec){0};
#pragma GCC unroll 16
  for (int i = 0; i < (tall + 2) / 3; i++) row[i] = a + 3 * i * down;
  for (int64_t k = 0; k < deep; k++, w += WIDE) {
    const vec left = *(const vec *)w, right_of_it = *(const vec *)(w + LANES);
#pragma GCC unroll 16
    for (int i = 0; i < tall; i++) {
      const real x = row[i / 3][i % 3 * down];
      sum[i][0] += x * left;
      sum[i][1] += x * right_of_it;
    }
#pragma GCC unroll 16
    for (int i = 0; i < (tall + 2) / 3; i++) row[i] += right;
  }
  if (wide == WIDE) {
#pragma GCC unroll 16
    for (int i = 0; i < tall; i++) {
      vec *to = (vec *)(c + i * ldc);
      to[0] = add ? to[0] + sum[i][0] : sum[i][0];
      to[1] = add ? to[1] + sum[i][1] : sum[i][1];
    }
  } else {
    real part[TALL][WIDE];
    memcpy(part, sum, sizeof(real) * WIDE * tall);
    for (int i = 0; i < tall; i++)
      for (int64_t j = 0; j < wide; j++) c[i * ldc + j] = (add ? c[i * ldc + j] : 0) + part[i][j];
  }
}

/* c (rows × outer) = or += a (rows × inner) · w, with w packed; a lies as `pack` says of w. */
void multiply(const real *a, int64_t down, int64_t right, const real *w, int64_t rows, int64_t inner, int64_t outer,
              real *c, int64_t ldc, int64_t add) {
  const int64_t blocks = (rows + TALL - 1) / TALL;
  for (int64_t k0 = 0; k0 < inner; k0 += DEEP, add = 1) {
    const int64_t deep = inner - k0 < DEEP ? inner - k0 : DEEP;
    for (int64_t j0 = 0; j0 < outer; j0 += WIDE, w += WIDE * deep) {
      const int64_t wide = outer - j0 < WIDE ? outer - j0 : WIDE;
      for (int64_t n = 0; n < blocks; n++) {
        const int64_t i0 = rows * n / blocks;
        const real *from = a + i0 * down + k0 * right;
        real *to = c + i0 * ldc + j0;
#define CASE(T) \
  case T: \
    tile(T < TALL ? T : TALL, from, down, right, w, deep, to, ldc, wide, add); \
    break;
        switch (rows * (n + 1) / blocks - i0) {
          CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
        }
      }
    }
  }
}
