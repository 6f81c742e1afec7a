// The header as C++: a net of no bytes is refused.
#include "tln.h"

int main() {
  tln_net net{};
  tln8_net net8{};
  const unsigned char byte = 0;
  return tln_load(&net, &byte, 0) == TLN_LENGTH && tln8_load(&net8, &byte, 0) == TLN_LENGTH ? 0 : 1;
}
