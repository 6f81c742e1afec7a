/* Rows of NET_D inputs on stdin -> rows of NET_C scores on stdout, both as they lie in memory. */
#include <stdio.h>
#include NET

int main(void) {
    net_input x[NET_D];
    float scores[NET_C];
    while (fread(x, sizeof x, 1, stdin) == 1) {
        int best = net_classify(x);
        net_scores(x, scores);
        fwrite(scores, sizeof scores, 1, stdout);
        for (int j = 0; j < NET_C; j++)
            if (scores[j] > scores[best]) return 1;
    }
    return net_class_name[NET_C - 1][0] == 0;
}
