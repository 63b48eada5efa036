#!/usr/bin/env bash
# Makes the tables under results/reference/: about two hours on two cores. What is there already is not run again.
set -euo pipefail
cd "$(dirname "$0")/.."
cells=elman,gru,jordan,lstm,mingru,minlstm,simple-gru,window,torch-gru,torch-lstm,torch-rnn
harness run --cells lstm,gru --tasks all --out results/reference/main-job
harness run --cells "$cells" --tasks all --out results/reference/quick
harness run --cells elman,jordan,simple-gru,gru,lstm,torch-lstm --tasks all --seeds 10 --out results/reference/six
harness report results/reference/six
papers() { harness run --seeds 5 --out results/reference/papers "$@"; }
papers --cells elman,jordan,gru,lstm --tasks music --budget full
papers --cells simple-gru,gru,lstm --tasks char-lm --tune 8
papers --cells elman,jordan,gru,lstm --tasks music --tune 8
full() { harness run --budget full --seeds 1 --out results/reference/full "$@"; }
full --cells gru --tasks digits:order=rows,vowels,spell,highlight,digit-strings,g2p,temporal-order:length=30
full --cells gru --tasks copy:delay=20,char-lm,sentiment
full --cells elman,gru,lstm --tasks adding:length=200
lengths=temporal-order:length=20,temporal-order,temporal-order:length=100,temporal-order:length=150
regulariser() { harness run --cells elman --hidden 50 --tasks "$lengths" --seeds 5 --out results/reference/regulariser "$@"; }
regulariser --set clip=none
regulariser
regulariser --regulariser pascanu:alpha=2
