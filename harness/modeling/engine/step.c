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
                     int64_t outer, real *c, int64_t ldc, int64_t add);

