/* A QEMU plugin: exact instruction counts and a Cortex-M4 cycle MODEL between two marker functions.
   Not checked on silicon.
   Build: gcc -O2 -shared -fPIC -o count.so count.c
   Use:   qemu-system-arm ... -plugin count.so,begin=0xADDR,end=0xADDR
   Debian ships no qemu-plugin.h, so the few calls of plugin API 1 that are used are declared here.
   Cycle model: Arm Cortex-M4 TRM tables 3-1 and 7-1, zero wait states, taken branch = 1+2, divide = 7. */
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef uint64_t id_t_;
struct qemu_plugin_tb; struct qemu_plugin_insn;
int qemu_plugin_version = 1;
extern void qemu_plugin_register_vcpu_tb_trans_cb(id_t_, void (*)(id_t_, struct qemu_plugin_tb *));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);

static uint64_t begin_pc, end_pc, insns, cycles, last_next;
static bool on, have_last; static int riscv;
struct tbinfo { uint64_t va, next; uint32_t n, cyc; int kind; };

enum { C_ALU, C_LOAD, C_STORE, C_MULTI, C_BR, C_VFP, C_DIV, C_OTHER };
static int popc(unsigned x) { return __builtin_popcount(x); }

/* cost of one instruction; *cls gets its class, *vd the S register it writes (or -1), *vs a mask of S registers read */
static int cost(const uint8_t *p, size_t sz, int *cls, int *vd, uint64_t *vs)
{
    *cls = C_ALU; *vd = -1; *vs = 0;
    uint32_t h = p[0] | p[1] << 8;
    if (sz == 2) {
        if ((h & 0xf800) == 0x4800 || (h & 0xf000) == 0x5000 || (h & 0xe000) == 0x6000 || (h & 0xf000) == 0x8000 || (h & 0xf000) == 0x9000) {
            bool ld = (h & 0xf800) == 0x4800 ? true : (h & 0xf000) == 0x5000 ? ((h >> 9) & 7) >= 3 : (h & 0x0800) != 0;
            *cls = ld ? C_LOAD : C_STORE; return ld ? 2 : 1;
        }
        if ((h & 0xf000) == 0xc000) { *cls = C_MULTI; return 1 + popc(h & 0xff); }
        if ((h & 0xfe00) == 0xb400) { *cls = C_MULTI; return 1 + popc(h & 0x1ff); }
        if ((h & 0xfe00) == 0xbc00) { *cls = C_MULTI; return 1 + popc(h & 0x1ff); }
        if ((h & 0xf000) == 0xd000 || (h & 0xf800) == 0xe000 || (h & 0xf500) == 0xb100 || (h & 0xff00) == 0x4700) { *cls = C_BR; return 1; }
        return 1;
    }
    uint32_t w = h << 16 | p[2] | p[3] << 8;
    if ((w & 0xf8008000) == 0xf0008000) { *cls = C_BR; return 1; }                 /* B.W, BL, Bcc.W */
    if ((w & 0xfe400000) == 0xe8000000) { *cls = C_MULTI; return 1 + popc(w & 0xffff); } /* LDM/STM.W */
    if ((w & 0xfff000f0) == 0xe8d00000) { *cls = C_BR; return 2; }                 /* TBB */
    if ((w & 0xfe400000) == 0xe8400000) { *cls = C_MULTI; return 3; }              /* LDRD/STRD */
    if ((w & 0xfe000000) == 0xf8000000) { bool ld = w & 0x00100000; *cls = ld ? C_LOAD : C_STORE; return ld ? 2 : ((w & 0x00800000) ? 1 : 2); }
    if ((w & 0xffd000f0) == 0xfb9000f0) { *cls = C_DIV; return 7; }                /* SDIV UDIV */
    if ((w & 0xfe000e00) == 0xec000a00) {                                          /* VLDR/VSTR/VLDM/VSTM/VMOV2 */
        *cls = C_MULTI; bool dbl = w & 0x100;
        if ((w & 0x01200000) == 0x01000000) { *cls = C_OTHER; return dbl ? 3 : 2; }
        if ((w & 0x01e00000) == 0x00400000) return 2;
        return 1 + (w & 0xff);
    }
    if ((w & 0xff000e10) == 0xee000a00) {                                          /* VFP data processing */
        *cls = C_VFP;
        int d = ((w >> 12 & 15) << 1) | (w >> 22 & 1), n = ((w >> 16 & 15) << 1) | (w >> 7 & 1), m = ((w & 15) << 1) | (w >> 5 & 1);
        unsigned op = (w >> 23 & 1) << 2 | (w >> 20 & 3); bool b6 = w & 0x40;
        *vd = d; *vs = 1ull << m;
        switch (op) {
        case 0: case 1: *vs |= 1ull << n | 1ull << d; return 3;                    /* VMLA VMLS VNMLA VNMLS */
        case 2: *vs |= 1ull << n; return 1;                                        /* VMUL VNMUL */
        case 3: *vs |= 1ull << n; return 1;                                        /* VADD VSUB */
        case 4: *vs |= 1ull << n; return 14;                                       /* VDIV */
        case 5: case 6: *vs |= 1ull << n | 1ull << d; return 3;                    /* VFMA VFMS VFNMA VFNMS */
        default: if (b6 && (w >> 16 & 15) == 1 && (w & 0x80)) return 14;           /* VSQRT */
            return 1;
        }
    }
    if ((w & 0xff000e10) == 0xee000a10) { *cls = C_ALU; return 1; }                /* VMOV core<->S, VMRS */
    return 1;
}

static void tb_exec(unsigned cpu, void *u)
{
    struct tbinfo *t = u; (void)cpu;
    if (t->va == end_pc && on) {
        char b[120]; on = false;
        snprintf(b, sizeof b, "%llu instructions %llu cycles\n", (unsigned long long)insns, (unsigned long long)cycles);
        fputs(b, stderr);
    }
    if (on) {
        if (have_last && t->va != last_next) cycles += 2;    /* taken branch refill */
        insns += t->n; cycles += t->cyc; last_next = t->next; have_last = true;
    }
    if (t->va == begin_pc) { on = true; insns = cycles = 0; have_last = false; }
}

static void trans(id_t_ id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t n = qemu_plugin_tb_n_insns(tb);
    struct tbinfo *t = calloc(1, sizeof *t);
    t->va = qemu_plugin_tb_vaddr(tb); t->n = n;
    int pcls = C_OTHER, pvd = -1;
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *in = qemu_plugin_tb_get_insn(tb, i);
        size_t sz = qemu_plugin_insn_size(in); const uint8_t *d = qemu_plugin_insn_data(in);
        int cls, vd; uint64_t vs;
        int c = riscv ? 1 : cost(d, sz, &cls, &vd, &vs);
        if (!riscv) {
            if (cls == C_LOAD && (pcls == C_LOAD || pcls == C_STORE)) c -= 1;      /* pipelined single loads */
            if (cls == C_OTHER && pcls == C_OTHER && i) c -= 1;                    /* pipelined VLDR */
            if (pvd >= 0 && (vs >> pvd & 1)) c += 1;                               /* FP result used at once */
            pcls = cls; pvd = vd;
        }
        t->cyc += c; t->next = qemu_plugin_insn_vaddr(in) + sz;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, tb_exec, 0, t);
}

int qemu_plugin_install(id_t_ id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "begin=", 6)) begin_pc = strtoull(argv[i] + 6, 0, 16) & ~1ull;
        if (!strncmp(argv[i], "end=", 4)) end_pc = strtoull(argv[i] + 4, 0, 16) & ~1ull;
        if (!strncmp(argv[i], "riscv", 5)) riscv = 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, trans);
    return 0;
}
