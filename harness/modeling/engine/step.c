/* What the code of every step begins with. */
#include <math.h>
#include <stdint.h>

#ifdef DOUBLE
typedef double real;
#define f(name) name
#else
typedef float real;
#define f(name) name##f
#endif

#ifdef VECTOR_MATH /* glibc's vector functions, which gcc would otherwise use under -ffast-math only */
#define vector(type, name) __attribute__((simd("notinbranch"), const)) type name(type);
#define both(name) vector(double, name) vector(float, name##f)
both(exp) both(expm1) both(log) both(log1p) both(tanh) both(sin) both(cos) both(erf)
#endif
#define exp_(a) f(exp)(a)
#define expm1_(a) f(expm1)(a)
#define log_(a) f(log)(a)
#define log1p_(a) f(log1p)(a)
#define tanh_(a) f(tanh)(a)
#define sin_(a) f(sin)(a)
#define cos_(a) f(cos)(a)
#define erf_(a) f(erf)(a)
#define sqrt_(a) f(sqrt)(a)
#define fabs_(a) f(fabs)(a)
#define pow_(a, b) f(pow)(a, b)
#define sigmoid_(a) ((real)1 / ((real)1 + exp_(-(a))))

/* A matrix product: see product.c. */
typedef void product(const real *a, int64_t down, int64_t right, const real *w, int64_t rows, int64_t inner,
                     int64_t outer, real *c, int64_t ldc, int64_t add, const real *bias);

/* Affine maps of the input are made for so many steps that a product has rows enough. */
#define FEW_STEPS(rows) ((ROWS_ENOUGH + (rows) - 1) / (rows))
enum { ROWS_ENOUGH = 32 };
static void prepare(product *multiply, const real *x, const real *w, const real *bias, real *to, int64_t inner,
                    int64_t outer, int64_t t0, int64_t t1, int64_t n0, int64_t b0, int64_t b1) {
  if (b1 - b0 == n0) {
    multiply(x + t0 * n0 * inner, inner, 1, w, (t1 - t0) * n0, inner, outer, to, outer, 0, bias);
    return;
  }
  for (int64_t t = t0; t < t1; t++)
    multiply(x + (t * n0 + b0) * inner, inner, 1, w, b1 - b0, inner, outer, to + ((t - t0) * n0 + b0) * outer, outer, 0,
             bias);
}

