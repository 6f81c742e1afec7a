/* digits NET ROWS SUMS: every row of 64 pixels in ROWS through the net; checksums (CRC-32) of all scores, probabilities and
   classes must be the twelve bytes in SUMS. Then nets that are broken in one bit, or cut: each must be refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tln.h"

#ifdef INT8 /* the same program for a net of int8: the same calls by other names */
#define tln_net tln8_net
#define tln_load tln8_load
#define tln_inputs tln8_inputs
#define tln_classes tln8_classes
#define tln_scratch_len tln8_scratch_len
#define tln_class_name tln8_class_name
#define tln_scores_u8 tln8_scores_u8
#define tln_probabilities_u8 tln8_probabilities_u8
#define tln_classify_u8 tln8_classify_u8
#define tln_classify_f32 tln8_classify_f32
#endif

static unsigned char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) { perror(path); exit(2); }
  *len = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*len ? *len : 1);
  if (!bytes || fread(bytes, 1, *len, file) != *len) { perror(path); exit(2); }
  fclose(file);
  return bytes;
}

static void crc32(uint32_t *crc, const void *data, size_t len) {
  const unsigned char *bytes = data;
  while (len--) {
    *crc ^= *bytes++;
    for (int bit = 0; bit < 8; bit++) *crc = *crc & 1 ? *crc >> 1 ^ 0xedb88320u : *crc >> 1;
  }
}

/* Stops the program where a call fails. */
static void good(tln_status status) {
  if (status != TLN_OK) { fprintf(stderr, "%s\n", tln_status_text(status)); exit(1); }
}

int main(int argc, char **argv) {
  if (argc != 4) { fprintf(stderr, "usage: digits NET ROWS SUMS\n"); return 2; }
  size_t file_len, rows_len, sums_len, n = 0;
  unsigned char *file = read_file(argv[1], &file_len), *rows = read_file(argv[2], &rows_len);
  unsigned char *sums = read_file(argv[3], &sums_len);

  tln_net net;
  good(tln_load(&net, file, file_len));
  size_t d = tln_inputs(&net), c = tln_classes(&net), scratch_len = tln_scratch_len(&net), len;
  float *scratch = malloc(scratch_len * sizeof *scratch), *floats = malloc(d * sizeof *floats);
  uint32_t crc[3] = {~0u, ~0u, ~0u};
  for (const unsigned char *row = rows; row + d <= rows + rows_len; row += d, n++) {
    const float *result;
    size_t class_index, same;
    good(tln_scores_u8(&net, row, d, scratch, scratch_len, &result));
    crc32(&crc[0], result, c * sizeof *result);
    good(tln_probabilities_u8(&net, row, d, scratch, scratch_len, &result));
    crc32(&crc[1], result, c * sizeof *result);
    good(tln_classify_u8(&net, row, d, scratch, scratch_len, &class_index));
    crc32(&crc[2], &(unsigned char){(unsigned char)class_index}, 1);
    for (size_t i = 0; i < d; i++) floats[i] = row[i];
    good(tln_classify_f32(&net, floats, d, scratch, scratch_len, &same));
    if (same != class_index) { fprintf(stderr, "bytes and floats differ\n"); return 1; }
  }
  for (int i = 0; i < 3; i++) {
    uint32_t sum = ~crc[i];
    unsigned char bytes[4] = {(unsigned char)sum, (unsigned char)(sum >> 8), (unsigned char)(sum >> 16), (unsigned char)(sum >> 24)};
    if (sums_len != 12 || memcmp(bytes, sums + 4 * i, 4)) { fprintf(stderr, "NOT the same bits\n"); return 1; }
  }
  const char *name = tln_class_name(&net, 3, &len);
  printf("%zu rows: the same bits; class 3 is \"%.*s\"\n", n, (int)len, name ? name : "");

  size_t refused = 0;
  const float *result;
  for (size_t i = 0; i < file_len; i += 97, refused++) {
    file[i] ^= 1;
    if (tln_load(&net, file, file_len) == TLN_OK || tln_load(&net, file, i) == TLN_OK) { fprintf(stderr, "NOT refused\n"); return 1; }
    file[i] ^= 1;
  }
  good(tln_load(&net, file, file_len));
  if (tln_load(NULL, file, file_len) != TLN_NULL || tln_load(&net, NULL, 1) != TLN_NULL ||
      tln_scores_u8(&net, rows, d - 1, scratch, scratch_len, &result) != TLN_INPUT ||
      tln_scores_u8(&net, rows, d, scratch, scratch_len - 1, &result) != TLN_SCRATCH ||
      tln_scores_u8(&net, rows, d, NULL, 0, &result) != TLN_NULL ||
      tln_scores_u8(&net, rows, d, scratch, scratch_len, NULL) != TLN_NULL) {
    fprintf(stderr, "a wrong call is NOT refused\n");
    return 1;
  }
  printf("%zu broken nets: refused, such as \"%s\"\n", 2 * refused, tln_status_text(TLN_CHECKSUM));
  free(file), free(rows), free(sums), free(scratch), free(floats);
  return 0;
}
