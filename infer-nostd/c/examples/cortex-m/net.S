/* The net and a row, where the linker puts constants. */
  .section .rodata
  .balign 16
  .global net_file, net_file_end, row
net_file:
  .incbin NET
net_file_end:
row:
  .incbin ROWS, 0, 64
  .section .note.GNU-stack, "", %progbits
