/* The least of a C firmware with a net: one digit, classified; prints through semihosting and ends the emulator. */
#include "tln.h"

#ifdef INT8 /* the same program for a net of int8: the same calls by other names */
#define NAME "int8"
#define SCRATCH (32 + 12) /* H + C of this net, each rounded up to a multiple of 4 */
#define tln_net tln8_net
#define tln_load tln8_load
#define tln_inputs tln8_inputs
#define tln_classify_u8 tln8_classify_u8
#else
#define NAME "f32"
#define SCRATCH (32 + 10) /* H + C of this net */
#endif

extern const unsigned char net_file[], net_file_end[], row[];
extern uint32_t stack_top[];

/* Through the debugger (or the emulator): text, and the end of the program. */
static void semihosting(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(const char *text) { semihosting(4, text); }

static int classify(void) {
  static float scratch[SCRATCH]; /* the call refuses one that is too short */
  tln_net net;
  size_t digit;
  tln_status status = tln_load(&net, net_file, (size_t)(net_file_end - net_file));
  if (status == TLN_OK) status = tln_classify_u8(&net, row, tln_inputs(&net), scratch, SCRATCH, &digit);
  if (status != TLN_OK) {
    print(tln_status_text(status));
    print("\n");
    return 0;
  }
  char line[] = "C on a Cortex-M4F, " NAME ": digit ?\n";
  line[sizeof line - 3] = (char)('0' + digit);
  print(line);
  /* A net that lost its end on the way must not be run. */
  return digit == EXPECTED && tln_load(&net, net_file, (size_t)(net_file_end - net_file) - 1) == TLN_LENGTH;
}

void reset(void) {
  *(volatile uint32_t *)0xe000ed88 |= 0xf << 20; /* the float unit is off after a reset */
  __asm__ volatile("dsb\n isb" ::: "memory");
  semihosting(0x18, (const void *)(uintptr_t)(classify() ? 0x20026 : 0x20023));
  for (;;) {}
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {stack_top, (const void *)reset};
