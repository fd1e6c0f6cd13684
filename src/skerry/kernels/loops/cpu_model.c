/* What the processor can do, as the library of a compiler says it: that of zig says that it can do nothing, and the loops
   of FOR_EACH_CPU would be those for the oldest processors. Bits as GCC and Clang number them, of what is asked for. */
#if defined(SKERRY_ZIG) && defined(__x86_64__) && defined(__gnu_linux__)
#include <cpuid.h>

enum { AVX2 = 10, AVX512F = 15 };

struct {
    unsigned vendor, type, subtype, features[1];
} __cpu_model;

/* Called before the module is relocated, so it uses nothing of other libraries. */
int __cpu_indicator_init(void)
{
    const unsigned vectors = 0x06, wide_vectors = 0xe6; /* registers that the operating system saves */
    unsigned a, b, c, d, saved, upper;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return 0;
    __asm__("xgetbv" : "=a"(saved), "=d"(upper) : "c"(0));
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return 0;
    if ((saved & vectors) == vectors && (b & bit_AVX2))
        __cpu_model.features[0] |= 1u << AVX2;
    if ((saved & wide_vectors) == wide_vectors && (b & bit_AVX512F))
        __cpu_model.features[0] |= 1u << AVX512F;
    return 0;
}
#endif
