#!/usr/bin/env bash
# Makes the tables under results/reference/: about an hour on two cores. What is there already is not run again.
set -euo pipefail
cd "$(dirname "$0")/.."
harness run --cells lstm,gru --tasks all --out results/reference/main-job
harness run --cells all --tasks all --seeds 5 --out results/reference/quick
harness run --cells elman,gru,lstm --tasks adding:length=200 --budget full --out results/reference/full
harness run --cells lstm --tasks char-lm --budget full --seeds 2 --out results/reference/full
