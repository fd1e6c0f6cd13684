/* What the loops share. Each .c beside this file holds plain loops over contiguous arrays, with no knowledge of Python,
   options or files. They trust their arguments: the faces (faces/) have checked them. */
#ifndef SKERRY_NATIVE_H
#define SKERRY_NATIVE_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The same loop for the vectors of newer processors, chosen when the module is loaded: before a sanitizer is ready. */
#if !defined(FOR_EACH_CPU) && defined(__x86_64__) && defined(__gnu_linux__) && defined(__has_attribute) && \
    !defined(__SANITIZE_ADDRESS__)
#if __has_attribute(target_clones)
#define FOR_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef FOR_EACH_CPU
#define FOR_EACH_CPU
#endif

static inline float least(float a, float b) { return a < b ? a : b; }

static inline int is_valid(float value) { return fabsf(value) <= FLT_MAX; }

#endif
