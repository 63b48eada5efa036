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
#ifdef DOUBLE
#define sigmoid_(a) (1 / (1 + exp(-(a))))
#define tanh_(a) tanh(a)
#define sigmoid_tanh_(a, b) (sigmoid_(a) * tanh_(b))
#else
/* Of these, which every step has, a call would cost more than the arithmetic: all vectors are saved around it. They are
   right to 2.5 units in the last place, and at infinity and NaN. */
/* e^a - 1 = scale (m + 1) - 1 for the returned m: e^(n ln 2 + r), the integer n in the last bits of a large number, and
   r + r^2 p, |r| < 0.35, of which p is the polynomial that makes the relative error of e^r - 1 least, 1.4e-8; its terms
   are paired as Estrin does, since a processor waits for them. The least n is to be -127, where the scale is 0; it is at
   most 127, and then r is larger. Where n is more than some 30, one number for ln 2 is not exact enough: two are (Cody
   and Waite 1980). */
static inline float exp_parts(float a, int two, float *scale) {
  union {
    float number;
    int32_t bits;
  } shifted = {fmaf(a, 1.44269504f, 12582912.0f)};
  shifted.bits = shifted.bits < 0x4b40007f ? shifted.bits : 0x4b40007f;
  const float n = shifted.number - 12582912.0f;
  const float r = two ? fmaf(n, -1.42860677e-6f, fmaf(n, -0.693145752f, a)) : fmaf(n, -0.693147182f, a), s = r * r;
  const float p2 = 1.38824100e-3f, p1 = fmaf(8.36655279e-3f, r, 4.16672023e-2f), p0 = fmaf(0.166665434f, r, 0.499999981f);
  shifted.bits = (shifted.bits << 23) + 0x3f800000;
  *scale = shifted.number;
  return fmaf(s, fmaf(fmaf(p2, s, p1), s, p0), r);
}
static inline float one_over_sigmoid(float a) { /* e^-a + 1 */
  float scale;
  const float m = exp_parts(a > 88 ? -88 : -a, 1, &scale);
  return fmaf(scale, m, scale + 1);
}
static inline float below_one(float a) { /* e^(-2|a|) - 1 */
  float scale;
  const float b = -fabsf(a), m = exp_parts(2 * (b < -10 ? -10 : b), 0, &scale);
  return fmaf(scale, m, scale - 1);
}
static inline float sigmoid_(float a) { return 1 / one_over_sigmoid(a); }
static inline float tanh_(float a) {
  const float less = below_one(a);
  return copysignf(less / (less + 2), a);
}
/* As many steps have it, of one division: a processor makes some thirty other operations while it makes one. Right to 4
   units. */
static inline float sigmoid_tanh_(float a, float b) {
  const float less = below_one(b);
  return copysignf(less / ((less + 2) * one_over_sigmoid(a)), b);
}
#endif
#define exp_(a) f(exp)(a)
#define expm1_(a) f(expm1)(a)
#define log_(a) f(log)(a)
#define log1p_(a) f(log1p)(a)
#define sin_(a) f(sin)(a)
#define cos_(a) f(cos)(a)
#define erf_(a) f(erf)(a)
#define sqrt_(a) f(sqrt)(a)
#define fabs_(a) f(fabs)(a)
#define pow_(a, b) f(pow)(a, b)
#define atan_(a) f(atan)(a)
#define floor_(a) f(floor)(a)
#define ceil_(a) f(ceil)(a)
#define trunc_(a) f(trunc)(a)
#define round_(a) f(rint)(a) /* halves to even numbers */
#define fmod_(a, b) f(fmod)(a, b)

/* Numbers as integers of the same order, of which compilers find the largest of many at once. NaN, of either sign, is
   above all: a maximum is NaN where one of the numbers is. */
#ifdef DOUBLE
typedef int64_t key;
#define NAN_KEY INT64_MAX
#else
typedef int32_t key;
#define NAN_KEY INT32_MAX
#endif
typedef union {
  real number;
  key bits;
} two_views;
static inline key turned(key bits) { return bits ^ (bits >> (8 * sizeof(key) - 1) & NAN_KEY); }
static inline key key_of(real a) { return a != a ? NAN_KEY : turned((two_views){.number = a}.bits); }
static inline real number_of(key k) { return (two_views){.bits = turned(k)}.number; }

/* A matrix product: see product.c. */
typedef void product(const real *a, int64_t down, const real *w, int64_t rows, int64_t inner, int64_t outer, real *c,
                     int64_t ldc, int64_t add, const real *bias, const real *x, const real *v, int64_t features);

/* Affine maps of the input are made for so many steps that a product has rows enough. Where a step has, and a product
   is added to such a map, both are made at once: then there is nothing to prepare. */
#define FEW_STEPS(rows) ((ROWS_ENOUGH + (rows) - 1) / (rows))
enum { ROWS_ENOUGH = 32 };
static void prepare(product *multiply, const real *x, const int64_t *hot, const real *w, const real *packed,
                    const real *bias, real *to, int64_t inner, int64_t outer, int64_t whole, int64_t t0, int64_t t1,
                    int64_t n0, int64_t b0, int64_t b1) {
  if (hot) { /* the inputs are unit vectors, whose product by w is a row of it */
    for (int64_t t = t0; t < t1; t++)
      for (int64_t b = b0; b < b1; b++) {
        const real *from = w + hot[t * n0 + b] * whole;
        real *row = to + ((t - t0) * n0 + b) * whole;
#pragma omp simd
        for (int64_t j = 0; j < outer; j++) row[j] = from[j] + bias[j];
      }
    return;
  }
  if (b1 - b0 == n0) {
    multiply(x + t0 * n0 * inner, inner, packed, (t1 - t0) * n0, inner, outer, to, whole, 0, bias, 0, 0, 0);
    return;
  }
  for (int64_t t = t0; t < t1; t++)
    multiply(x + (t * n0 + b0) * inner, inner, packed, b1 - b0, inner, outer, to + ((t - t0) * n0 + b0) * whole, whole, 0,
             bias, 0, 0, 0);
}

/* Sums over time and batch are doubles, so that long ones lose nothing; but a few rows at a time are added up as reals
   first, which is half the work. Each thread has `width` doubles, and behind them as much room for the few. */
static inline real *few_sums(double *sums, int64_t part, int64_t width) { return (real *)(sums + (2 * part + 1) * width); }
static inline void flush(real *few, int64_t width, double *sums, int64_t part) {
  double *to = sums + 2 * part * width;
#pragma omp simd
  for (int64_t j = 0; j < width; j++) {
    to[j] += few[j];
    few[j] = 0;
  }
}
