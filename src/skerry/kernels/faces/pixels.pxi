# The pixels of an image as such (../loops/pixels.c).

def swap_words(const float[:, ::1] source not None, float[:, ::1] target not None, /):
    """Reverse the bytes of each pixel; the two may be the same array."""
    cdef Py_ssize_t ny = source.shape[0], nx = source.shape[1]
    need_shape("target", target.shape, ny, nx)
    cdef Array[2] arrays = [array("target", &target[0, 0], ny * nx, 4), array("source", &source[0, 0], ny * nx, 4)]
    need_apart(arrays, 0 if &source[0, 0] == &target[0, 0] else 1, 2)
    with nogil:
        loops.swap_words(<const uint32_t *> &source[0, 0], <uint32_t *> &target[0, 0], ny * nx)


def extremes_and_valid(const float[:, ::1] values not None, /):
    """Highest and lowest of the valid pixels, minus infinity and infinity if there is none, and how many there are."""
    cdef Py_ssize_t n = values.shape[0] * values.shape[1]
    cdef float highest, lowest
    cdef int64_t valid
    cdef Array[1] arrays = [array("values", &values[0, 0], n, 4)]
    need_apart(arrays, 0, 1)
    with nogil:
        valid = loops.extremes_and_valid(&values[0, 0], n, &highest, &lowest)
    return float(highest), float(lowest), valid
