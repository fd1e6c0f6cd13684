/* The signal image of a band: all in one loop, so that the time is that of memory. */
#include "native.h"

#include <float.h>

/* Invalid where the result is not finite: then so is one of the three, or the rms 0; NaN compares false throughout. */
FOR_EACH_CPU static void over_noise(const float *restrict image, const float *restrict rms, Py_ssize_t n,
                                    float *restrict signal)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        float value = image[i] / rms[i];
        signal[i] = (rms[i] > 0) & (rms[i] <= FLT_MAX) & (fabsf(value) <= FLT_MAX) ? value : NAN;
    }
}

FOR_EACH_CPU static void excess_over_noise(const float *restrict image, const float *restrict bkg,
                                           const float *restrict rms, Py_ssize_t n, float *restrict signal)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        float value = (image[i] - bkg[i]) / rms[i];
        signal[i] = (rms[i] > 0) & (rms[i] <= FLT_MAX) & (fabsf(value) <= FLT_MAX) ? value : NAN;
    }
}

/* divide(image, bkg, rms, n, signal): (image - bkg) / rms; `bkg` may be None. */
static PyObject *divide(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer image, bkg, rms, signal;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "y*z*y*nw*", &image, &bkg, &rms, &n, &signal))
        return NULL;
    int fits = holds(&image, n, 4, "image") && (bkg.buf == NULL || holds(&bkg, n, 4, "bkg")) &&
               holds(&rms, n, 4, "rms") && holds(&signal, n, 4, "signal");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        if (bkg.buf == NULL)
            over_noise(image.buf, rms.buf, n, signal.buf);
        else
            excess_over_noise(image.buf, bkg.buf, rms.buf, n, signal.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&image);
    PyBuffer_Release(&bkg);
    PyBuffer_Release(&rms);
    PyBuffer_Release(&signal);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"divide", divide, METH_VARARGS, "Image less background over noise."},
    {NULL, NULL, 0, NULL},
};

MODULE(_signal, "The signal image.", methods)
