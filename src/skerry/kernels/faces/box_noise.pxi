# Rms and level of the pixels of boxes (../loops/box_noise.c).

def measure_boxes(const float[:, ::1] image not None, const uint8_t[:, ::1] masked, Py_ssize_t width,
                  const uint8_t[::1] asked, float[::1] rms not None, float[::1] level not None,
                  int32_t[::1] used not None, /):
    """Measure boxes beside each other, as high as the image, of which the last one ends with it.

    What is invalid, or `masked`, which may be None, is left out, and `used` has the number of the others. Boxes with less
    than half of their pixels get 0 for rms and level; those not `asked` for, which may be None, keep what they have.
    """
    cdef Py_ssize_t ny = image.shape[0], nx = image.shape[1], count = rms.shape[0]
    cdef const uint8_t *unused = NULL
    cdef const uint8_t *wanted = NULL
    cdef bint done
    need_image("image", image.shape)
    need_range("width", width, 1, nx)
    need(ny * width < 1 << 31, "width: boxes of too many pixels")
    need(count == (nx + width - 1) // width, "rms: not one of each box")
    need_length("level", level.shape[0], count)
    need_length("used", used.shape[0], count)
    if masked is not None:
        need_shape("masked", masked.shape, ny, nx)
        unused = &masked[0, 0]
    if asked is not None:
        need_length("asked", asked.shape[0], count)
        wanted = &asked[0]
    cdef Array[6] arrays = [array("rms", &rms[0], count, 4), array("level", &level[0], count, 4),
                            array("used", &used[0], count, 4), array("image", &image[0, 0], ny * nx, 4),
                            array("masked", unused, 0 if unused == NULL else ny * nx, 1),
                            array("asked", wanted, 0 if wanted == NULL else count, 1)]
    need_apart(arrays, 3, 6)
    with nogil:
        done = loops.measure_boxes(&image[0, 0], unused, ny, nx, width, count, wanted, &rms[0], &level[0], &used[0])
    need_memory(done)
