/* What the compiled kernels share. Each _*.c beside this file is a module of its own: plain loops over contiguous
   buffers, with no knowledge of options or files, which run without the interpreter's lock. Sizes are checked against
   the buffers here; everything else by the Python module of the same name. */
#ifndef SKERRY_NATIVE_H
#define SKERRY_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The same loop for the vectors of newer processors, chosen when the module is loaded: before a sanitizer is ready. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&                       \
    !defined(__SANITIZE_ADDRESS__)
#define FOR_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_CPU
#endif

/* Whether a buffer holds `count` items of `size` bytes; otherwise sets a ValueError. */
static inline int holds(const Py_buffer *buffer, Py_ssize_t count, Py_ssize_t size, const char *name)
{
    if (count >= 0 && buffer->len / size >= count)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s: %zd bytes for %zd items of %zd", name, buffer->len, count, size);
    return 0;
}

#define MODULE(name, doc, methods)                                                                                    \
    static struct PyModuleDef module_definition = {PyModuleDef_HEAD_INIT, #name, doc, 0, methods, 0, 0, 0, 0};        \
    PyMODINIT_FUNC PyInit_##name(void)                                                                                \
    {                                                                                                                 \
        return PyModuleDef_Init(&module_definition);                                                                  \
    }

#endif
