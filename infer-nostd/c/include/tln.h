/* tln.h: a trained two-layer net (a .tln file) in C and C++: no heap, no libc, no libm, the trainer's scores bit for bit.

     static const unsigned char file[] = { ... };            // net.tln
     tln_net net;
     float scratch[128 + 10];                                // H + C floats, at least
     size_t digit;
     if (tln_load(&net, file, sizeof file) == TLN_OK &&
         tln_classify_u8(&net, pixels, 784, scratch, 138, &digit) == TLN_OK)
       show(digit);

   A net of int8 (made by `trainer quantize`) has the same functions as tln8_..., at the end: a program with one kind of net
   links that kind alone.

   Terms for all functions. A pointer with a length points to that many elements, aligned for their type, which nobody changes
   during the call (a file may lie at any address). A tln_net was filled by tln_load (a tln8_net by tln8_load) with result
   TLN_OK, and its file stays where and as it is as long as the net is used: the weights are read in place. The scratch
   overlaps nothing else. Null pointers and wrong lengths are refused; the other terms cannot be checked.
   No function keeps state of its own: calls on different scratches may run at the same time. None of them aborts or loops on
   any bytes. Stack: below 1 KB on a Cortex-M4 (infer-nostd/firmware/table.txt). */
#ifndef TLN_H
#define TLN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The result of a call: 0 is good. (An int of its own, since the size of an enum is a choice of the compiler.) */
typedef int32_t tln_status;
enum {
  TLN_OK = 0,
  TLN_NULL = 1,       /* a pointer is null */
  TLN_LENGTH = 2,     /* the net is cut short, or other bytes follow it */
  TLN_MAGIC = 3,      /* this is not a net file */
  TLN_KIND = 4,       /* a version or element type that this library does not know */
  TLN_SIZES = 5,      /* the sizes in the file do not fit each other */
  TLN_CHECKSUM = 6,   /* the file is damaged */
  TLN_NOT_FINITE = 7, /* the net holds an infinite number or a NaN */
  TLN_INPUT = 8,      /* x_len is not tln_inputs */
  TLN_SCRATCH = 9,    /* scratch_len is less than tln_scratch_len */
  TLN_RANGE = 10      /* a number of an int8 net is outside its range */
};

/* A net that was read: a reference to its file. Allocate it where you like; do not look inside. */
typedef struct tln_net {
  uintptr_t private_[24];
} tln_net;

/* Reads and checks the file of `len` bytes, all of it: sizes, CRC-32, every number finite. `net` is written if all is good.
   TLN_NULL, TLN_LENGTH to TLN_NOT_FINITE. On a Cortex-M with a float unit it is for speed first: 0.5 KB of code that are
   of use to aligned nets without a normalisation. */
tln_status tln_load(tln_net *net, const void *file, size_t len);

/* How long the file is that starts at `bytes`, by its header (32 bytes): for a net in a larger area of flash. Check the
   result against the area before tln_load. TLN_NULL, TLN_LENGTH, TLN_MAGIC, TLN_KIND. */
tln_status tln_file_len(const void *bytes, size_t len, size_t *file_len);

size_t tln_inputs(const tln_net *net);      /* D; 0 if `net` is null, as below */
size_t tln_hidden(const tln_net *net);      /* H */
size_t tln_classes(const tln_net *net);     /* C */
size_t tln_scratch_len(const tln_net *net); /* H + C: floats that a call needs as scratch */

/* The UTF-8 name of class i, `*len` bytes in the file, NOT ended by a zero; null if it has none. */
const char *tln_class_name(const tln_net *net, size_t i, size_t *len);

/* x: tln_inputs raw values as the sensor gives them (bytes, or floats); the net normalises them. scratch: at least
   tln_scratch_len floats, written before they are read. `*scores`: tln_classes of them, inside the scratch.
   TLN_NULL, TLN_INPUT, TLN_SCRATCH. */
tln_status tln_scores_f32(const tln_net *net, const float *x, size_t x_len, float *scratch, size_t scratch_len,
                          const float **scores);
tln_status tln_scores_u8(const tln_net *net, const uint8_t *x, size_t x_len, float *scratch, size_t scratch_len,
                         const float **scores);

/* The same, and the softmax of the scores: probabilities that sum to 1 within rounding. */
tln_status tln_probabilities_f32(const tln_net *net, const float *x, size_t x_len, float *scratch, size_t scratch_len,
                                 const float **probabilities);
tln_status tln_probabilities_u8(const tln_net *net, const uint8_t *x, size_t x_len, float *scratch, size_t scratch_len,
                                const float **probabilities);

/* The class with the largest score, the first of equals. */
tln_status tln_classify_f32(const tln_net *net, const float *x, size_t x_len, float *scratch, size_t scratch_len,
                            size_t *class_index);
tln_status tln_classify_u8(const tln_net *net, const uint8_t *x, size_t x_len, float *scratch, size_t scratch_len,
                           size_t *class_index);

/* A net of int8, and the same functions: what stands above holds for them, but for these two. tln8_load: TLN_RANGE too.
   tln8_scratch_len: H + C, each rounded up to a multiple of 4. Stack of a call: below 1 KB on a Cortex-M4. */
typedef struct tln8_net {
  uintptr_t private_[36];
} tln8_net;

tln_status tln8_load(tln8_net *net, const void *file, size_t len);
tln_status tln8_file_len(const void *bytes, size_t len, size_t *file_len);

size_t tln8_inputs(const tln8_net *net);
size_t tln8_hidden(const tln8_net *net);
size_t tln8_classes(const tln8_net *net);
size_t tln8_scratch_len(const tln8_net *net);

const char *tln8_class_name(const tln8_net *net, size_t i, size_t *len);

tln_status tln8_scores_f32(const tln8_net *net, const float *x, size_t x_len, float *scratch, size_t scratch_len,
                           const float **scores);
tln_status tln8_scores_u8(const tln8_net *net, const uint8_t *x, size_t x_len, float *scratch, size_t scratch_len,
                          const float **scores);

tln_status tln8_probabilities_f32(const tln8_net *net, const float *x, size_t x_len, float *scratch, size_t scratch_len,
                                  const float **probabilities);
tln_status tln8_probabilities_u8(const tln8_net *net, const uint8_t *x, size_t x_len, float *scratch, size_t scratch_len,
                                 const float **probabilities);

tln_status tln8_classify_f32(const tln8_net *net, const float *x, size_t x_len, float *scratch, size_t scratch_len,
                             size_t *class_index);
tln_status tln8_classify_u8(const tln8_net *net, const uint8_t *x, size_t x_len, float *scratch, size_t scratch_len,
                            size_t *class_index);

/* A status in words, ended by a zero. */
const char *tln_status_text(tln_status status);

#ifdef __cplusplus
}
#endif
#endif
