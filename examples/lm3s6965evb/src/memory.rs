//! Copying and filling memory, which the compiler calls by these names.
//!
//! Those that come with Rust are made for any processor: they are 3 kB, take 80 bytes of stack, and
//! shift words into place if source and destination are not aligned alike. A Cortex-M3 reads and
//! writes words at any address, so that four words at a time are all it takes.
//!
//! They are in assembler because the compiler may turn a loop that copies into a call of the
//! function that it stands in. `r0` is returned as it was; `r1`, `r2`, `r3` and `r12` may change.

use core::arch::global_asm;

// memcpy(to: r0, from: r1, length: r2), forwards; and memmove, which goes backwards if the
// destination begins within the source.
global_asm!(
    ".section .text.memory_copy, \"ax\", %progbits",
    ".irp name, memmove, __aeabi_memmove, __aeabi_memmove4, __aeabi_memmove8",
    ".global \\name",
    ".thumb_func",
    "\\name:",
    ".endr",
    "subs  r3, r0, r1",
    "cmp   r3, r2",
    "blo   6f",
    ".irp name, memcpy, __aeabi_memcpy, __aeabi_memcpy4, __aeabi_memcpy8",
    ".global \\name",
    ".thumb_func",
    "\\name:",
    ".endr",
    "mov   r12, r0",
    "subs  r2, #16",
    "blo   2f",
    "1:", // sixteen bytes
    ".rept 4",
    "ldr   r3, [r1], #4",
    "str   r3, [r12], #4",
    ".endr",
    "subs  r2, #16",
    "bhs   1b",
    "2:",
    "adds  r2, #12",
    "bmi   4f",
    "3:", // four bytes
    "ldr   r3, [r1], #4",
    "str   r3, [r12], #4",
    "subs  r2, #4",
    "bpl   3b",
    "4:",
    "adds  r2, #4",
    "beq   9f",
    "5:", // one byte
    "ldrb  r3, [r1], #1",
    "strb  r3, [r12], #1",
    "subs  r2, #1",
    "bne   5b",
    "bx    lr",
    "6:", // from the end
    "add   r1, r2",
    "add   r12, r0, r2",
    "subs  r2, #4",
    "blo   8f",
    "7:",
    "ldr   r3, [r1, #-4]!",
    "str   r3, [r12, #-4]!",
    "subs  r2, #4",
    "bhs   7b",
    "8:",
    "adds  r2, #4",
    "beq   9f",
    "10:",
    "ldrb  r3, [r1, #-1]!",
    "strb  r3, [r12, #-1]!",
    "subs  r2, #1",
    "bne   10b",
    "9:",
    "bx    lr",
);

// memset(to: r0, value: r1, length: r2). Of those of the ABI, memset has the last two the other way
// round, and memclr(to: r0, length: r1) fills with zero.
global_asm!(
    ".section .text.memory_set, \"ax\", %progbits",
    ".global memset",
    ".thumb_func",
    "memset:",
    "mov   r3, r1",
    "mov   r1, r2",
    "mov   r2, r3",
    "b     1f",
    ".irp name, __aeabi_memclr, __aeabi_memclr4, __aeabi_memclr8",
    ".global \\name",
    ".thumb_func",
    "\\name:",
    ".endr",
    "movs  r2, #0",
    ".irp name, __aeabi_memset, __aeabi_memset4, __aeabi_memset8",
    ".global \\name",
    ".thumb_func",
    "\\name:",
    ".endr",
    "1:",
    "uxtb  r2, r2",
    "orr   r2, r2, r2, lsl #8",
    "orr   r2, r2, r2, lsl #16",
    "mov   r12, r0",
    "subs  r1, #4",
    "blo   3f",
    "2:",
    "str   r2, [r12], #4",
    "subs  r1, #4",
    "bhs   2b",
    "3:",
    "adds  r1, #4",
    "beq   5f",
    "4:",
    "strb  r2, [r12], #1",
    "subs  r1, #1",
    "bne   4b",
    "5:",
    "bx    lr",
);
