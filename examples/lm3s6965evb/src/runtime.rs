//! Copying and filling memory, and division of 64 bits: what the compiler calls by the names of the
//! C library (ISO C, 7.24) and of the Arm run-time ABI (4.2, 4.3.4).
//!
//! Those that come with Rust are made for any processor: they are 4 kB, take 80 bytes of stack, and
//! shift words into place if source and destination are not aligned alike. A Cortex-M3 reads and
//! writes words at any address, four of them at once where they are aligned, and divides 32 bits
//! itself.
//!
//! They are in assembler because the compiler may turn a loop that copies into a call of the
//! function that it stands in. Arguments are in `r0` to `r3`, which may change, as may `r12`.
//! `cargo run --release --bin check-runtime` compares them with what they have to do.

use core::arch::global_asm;

// memcpy(to: r0, from: r1, length: r2), forwards; and memmove, which goes backwards if the
// destination begins within the source. Both leave r0 as it was.
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
    "orr   r3, r0, r1",
    "tst   r3, #3",
    "bne   1f",
    "push  {{r4-r6}}",
    "0:", // sixteen bytes, aligned
    "ldmia r1!, {{r3-r6}}",
    "stmia r12!, {{r3-r6}}",
    "subs  r2, #16",
    "bhs   0b",
    "pop   {{r4-r6}}",
    "b     2f",
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

// memcmp(one: r0, other: r1, length: r2), and bcmp, which only has to tell whether they are equal.
global_asm!(
    ".section .text.memory_compare, \"ax\", %progbits",
    ".irp name, memcmp, bcmp",
    ".global \\name",
    ".thumb_func",
    "\\name:",
    ".endr",
    "push  {{r4}}",
    "movs  r3, #0",
    "1:",
    "subs  r2, #1",
    "blo   2f",
    "ldrb  r3, [r0], #1",
    "ldrb  r4, [r1], #1",
    "subs  r3, r4",
    "beq   1b",
    "2:",
    "mov   r0, r3",
    "pop   {{r4}}",
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
    "subs  r1, #16",
    "blo   3f",
    "2:", // sixteen bytes
    ".rept 4",
    "str   r2, [r12], #4",
    ".endr",
    "subs  r1, #16",
    "bhs   2b",
    "3:",
    "adds  r1, #12",
    "bmi   5f",
    "4:", // four bytes
    "str   r2, [r12], #4",
    "subs  r1, #4",
    "bpl   4b",
    "5:",
    "adds  r1, #4",
    "beq   7f",
    "6:", // one byte
    "strb  r2, [r12], #1",
    "subs  r1, #1",
    "bne   6b",
    "7:",
    "bx    lr",
);

// uldivmod(numerator: r0 and r1, denominator: r2 and r3), which leaves the quotient in r0 and r1,
// the remainder in r2 and r3. The numbers of 64 bits here are times, and most are short ones.
global_asm!(
    ".section .text.division, \"ax\", %progbits",
    ".global __aeabi_uldivmod",
    ".thumb_func",
    "__aeabi_uldivmod:",
    "orrs  r12, r1, r3",
    "bne   1f",
    "udiv  r12, r0, r2",
    "mls   r2, r12, r2, r0",
    "mov   r0, r12",
    "bx    lr",
    "1:",
    "push  {{r4-r6}}",
    "movs  r4, #0",
    "movs  r5, #0",
    "mov   r12, #64",
    "2:", // the next bit of the numerator goes to the remainder, one of the quotient takes its place
    "adds  r0, r0",
    "adcs  r1, r1",
    "adcs  r4, r4",
    "adcs  r5, r5",
    "cmp   r4, r2",
    "sbcs  r6, r5, r3",
    "blo   3f",
    "subs  r4, r2",
    "sbc   r5, r3",
    "adds  r0, #1",
    "3:",
    "subs  r12, #1",
    "bne   2b",
    "mov   r2, r4",
    "mov   r3, r5",
    "pop   {{r4-r6}}",
    "bx    lr",
);
