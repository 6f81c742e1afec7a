//! What stands first in the help of each command: most people need no more.

pub(super) const TRAIN: &str = "\
Examples:
  trainer train --data flowers.csv --label species --out flowers.tln
  trainer train --data mnist/ --hidden 128 --epochs 6 --report mnist.html
  trainer train --data cifar10/ --split last --momentum 0.9 --learning-rate 0.01
  trainer train --config flowers.tln.toml          the flags of an earlier net
  trainer train --data mnist/ --resume             go on after Ctrl-C, to the same bytes";

pub(super) const EVAL: &str = "\
Examples:
  trainer eval net.tln                             on the data that net.tln.toml names
  trainer eval flowers.tln --data more.csv --label species
  trainer eval flowers.tln --data more.csv --json";

pub(super) const PREDICT: &str = "\
Examples:
  trainer predict flowers.tln --data new.csv       a class name a line
  trainer predict flowers.tln --data new.csv --proba > shares.csv
  trainer predict flowers.tln --data more.csv --label species";

pub(super) const INSPECT: &str = "\
Examples:
  trainer inspect net.tln
  trainer inspect net.tln --json";

pub(super) const DOCTOR: &str = "\
Examples:
  trainer doctor net.tln                           with net.tln.toml and net.tln.checkpoint beside it: every rule
  trainer doctor flowers.tln --data flowers.csv --label species";

pub(super) const QUANTIZE: &str = "\
Examples:
  trainer quantize net.tln                         writes net.int8.tln
  trainer quantize flowers.tln --data flowers.csv --label species --max-loss 0.3
  trainer quantize mnist.tln --data mnist/ --calibration percentile --out small.tln";

pub(super) const GRADCHECK: &str = "\
Examples:
  trainer gradcheck
  trainer gradcheck --data flowers.csv --hidden 5 --rows 20 --reg 0.1";

pub(super) const COMPLETIONS: &str = "\
Examples:
  trainer completions bash > ~/.local/share/bash-completion/completions/trainer
  trainer completions zsh > ~/.zfunc/_trainer      (a folder of $fpath)
  trainer completions fish > ~/.config/fish/completions/trainer.fish";

pub(super) const MAN: &str = "\
Examples:
  trainer man > trainer.1 && man -l trainer.1";

pub(super) const SEARCH: &str = "\
Examples:
  trainer search --data cifar10/ --split last --budget 10m --out best.tln --report best.html
  trainer search --data my.csv --hidden 16,64 --learning-rate 0.1,0.3 --reg 1e-4,1e-3
  trainer search --data my.csv --random 81                  log-uniform draws, successive halving
  trainer search --data my.csv --shard 2/8 --out part2.tln  one of eight machines
  trainer search merge part*.tln.journal --out best.tln     the best of all of them";

pub(super) const MERGE: &str = "\
Examples:
  trainer search merge part*.tln.journal --out best.tln";

pub(super) const LR_FIND: &str = "\
Examples:
  trainer lr-find --data flowers.csv --label species
  trainer lr-find --data cifar10/ --hidden 256 --batch-size 100 --json";

pub(super) const EXPORT: &str = "\
Examples:
  trainer export net.tln --to c                    net.c, C99, the same bits
  trainer export net.tln --to onnx --out digits.onnx
  trainer export net.tln --to safetensors          for PyTorch";

pub(super) const IMPORT: &str = "\
Examples:
  trainer import model.safetensors                 PyTorch: torch's state dict of two Linear layers
  trainer import clf.npz --out clf.tln             scikit-learn: coefs_0, intercepts_0, coefs_1, intercepts_1";
