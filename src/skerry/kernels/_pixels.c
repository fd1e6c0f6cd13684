/* Pixels as they lie in a file: big-endian, perhaps scaled, to native float32 and back. */
#include "native.h"

FOR_EACH_CPU static void swap32(const uint32_t *from, uint32_t *to, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++)
        to[i] = __builtin_bswap32(from[i]);
}

/* swap_words(source, target, n): reverse the bytes of n 4-byte words; the two may be the same buffer. */
static PyObject *swap_words(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer source, target;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "y*w*n", &source, &target, &n))
        return NULL;
    int fits = holds(&source, n, 4, "source") && holds(&target, n, 4, "target");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        swap32(source.buf, target.buf, n);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&source);
    PyBuffer_Release(&target);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"swap_words", swap_words, METH_VARARGS, "Reverse the bytes of 4-byte words."},
    {NULL, NULL, 0, NULL},
};

MODULE(_pixels, "Pixels as they lie in a file.", methods)
