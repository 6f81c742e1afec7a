// The header as C++: a net of no bytes is refused.
#include "tln.h"

int main() {
  tln_net net{};
  const unsigned char byte = 0;
  return tln_load(&net, &byte, 0) == TLN_LENGTH ? 0 : 1;
}
