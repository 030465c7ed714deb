#!/usr/bin/env bash
# The gate: everything that must hold, each step by its name and how long it took. Needs Rust, Node.js 20 and Python 3;
# what the steps need besides is installed below target/. Any argument runs only the steps whose names contain it.
set -euo pipefail
cd "$(dirname "$0")"
only=${1:-}
export CARGO_TERM_COLOR=never

step() { # NAME COMMAND...
  local name=$1 began=$SECONDS
  shift
  [[ -z $only || $name == *$only* ]] || return 0
  printf '\n=== %s\n' "$name"
  "$@"
  printf '=== %s: passed in %s s\n' "$name" $((SECONDS - began))
}

pure() { # The language crates have no runtime and no server in them.
  local crate
  for crate in asl resolver; do
    if cargo tree -p "stepwell-$crate" -e normal --prefix none | grep -E '^(tokio|axum|hyper) '; then
      echo "crates/$crate must stay free of tokio, axum and hyper"
      return 1
    fi
  done
  echo "crates/asl and crates/resolver are free of tokio, axum and hyper"
}

one_tls() {
  if cargo tree -e normal --prefix none --target all -i ring 2>/dev/null | grep -q '^ring '; then
    echo "ring is linked: aws-lc-rs is the one cryptography provider"
    return 1
  fi
  echo "aws-lc-rs is the one cryptography provider"
}

deny() {
  [[ -x target/tools/bin/cargo-deny ]] || cargo install --quiet --locked cargo-deny --version 0.20.2 --root target/tools
  target/tools/bin/cargo-deny --log-level error check bans licenses sources
}

cfn_lint() {
  [[ -x target/tools/cfn-lint/bin/cfn-lint ]] || {
    python3 -m venv target/tools/cfn-lint
    target/tools/cfn-lint/bin/pip install --quiet --disable-pip-version-check 'cfn-lint[full]==1.*'
  }
  target/tools/cfn-lint/bin/cfn-lint --version
  target/tools/cfn-lint/bin/cfn-lint infra/template.yaml
  echo "cfn-lint finds nothing to say about infra/template.yaml"
}

boto3() {
  [[ -x target/tools/boto3/bin/python ]] || {
    python3 -m venv target/tools/boto3
    target/tools/boto3/bin/pip install --quiet --disable-pip-version-check 'boto3==1.*'
  }
  node tests/clients/boto3.mjs "$PWD/target/tools/boto3/bin/python"
}

aws_cli() {
  [[ -x target/tools/aws-cli/bin/aws ]] || {
    python3 -m venv target/tools/aws-cli
    target/tools/aws-cli/bin/pip install --quiet --disable-pip-version-check 'awscli==1.*'
  }
  node tests/clients/aws-cli.mjs "$PWD/target/tools/aws-cli/bin/aws"
}

fuzz() { # Each target from its seeds and files of the repository, for a number of runs.
  local target
  local -A files=([sdl]=schema [template]=bench/graphql/resolvers [code]=resolvers)
  [[ -x target/tools/bin/cargo-fuzz ]] || cargo install --quiet --locked cargo-fuzz --version 0.13.2 --root target/tools
  # Without a sanitizer, so that the toolchain of everything else builds it.
  target/tools/bin/cargo-fuzz build --sanitizer none
  for target in sdl document variables template code answer; do
    mkdir -p "fuzz/corpus/$target"
    echo "fuzz target $target: ${FUZZ_RUNS:-20000} runs"
    target/tools/bin/cargo-fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" \
      ${files[$target]:+"${files[$target]}"} -- \
      -runs="${FUZZ_RUNS:-20000}" -seed=1 -timeout=10 -max_len=4096 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1
  done
}

database_servers() { # For the tests of the RDS Data API; with the distribution's packages where there are none.
  local missing=()
  compgen -c pg_ctl >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null || missing+=(postgresql)
  PATH=$PATH:/usr/sbin command -v mariadbd >/dev/null || missing+=(mariadb-server)
  if [[ ${#missing[@]} -gt 0 ]]; then
    echo "installing ${missing[*]} of the distribution"
    apt-get install --yes --quiet --no-install-recommends "${missing[@]}" >/dev/null
  fi
  echo "PostgreSQL and MariaDB are there"
}

install_client_tests() {
  (cd tests/clients && npm ci --no-audit --no-fund --loglevel=error)
}

transformer() {
  # As the lock file says. Not `npm ci`: whether it accepts peers of bundled packages depends on npm's version.
  (cd tests/clients/transformer && npm install --no-save --legacy-peer-deps --no-audit --no-fund --loglevel=error)
  node tests/clients/transformer/run.mjs
}

kill_test() {
  STEPWELL_BIN=$PWD/target/release/stepwell STEPWELL_KILLS=${STEPWELL_KILLS:-100} \
    cargo test --test kill -- --nocapture
}

step 'format' cargo fmt --all --check
step 'pure crates' pure
step 'one TLS provider' one_tls
step 'licences and sources of dependencies (cargo-deny)' deny
step 'lints (clippy)' cargo clippy --workspace --all-targets --quiet -- -D warnings
step 'database servers' database_servers
step 'tests (cargo test), with the figures of the recorded AWS answers' \
  cargo test --workspace --no-fail-fast -- --nocapture
step 'release build' cargo build --release --workspace
step 'the shipped application is valid here (stepwell check)' target/release/stepwell check
step 'the shipped application is valid for AWS (cfn-lint)' cfn_lint
step 'install the client tests' install_client_tests
step 'state machines against their JSON schema (asl-validator)' node tests/clients/state-machines.mjs
step 'unmodified clients: Amplify, Apollo, AWS SDK' node tests/clients/run.mjs
step 'unmodified clients: boto3' boto3
step 'unmodified clients: the AWS CLI makes an API' aws_cli
step 'fuzz targets (cargo-fuzz)' fuzz
step "unmodified output of Amplify's GraphQL transformer" transformer
step 'kill -9 under load' kill_test
step 'simulation' target/release/stepwell-simulator --seeds "${SIMULATOR_SEEDS:-100000}"
step 'benchmark' env BENCH_REQUESTS="${BENCH_REQUESTS:-1500}" target/release/stepwell-bench
step 'benchmark of resolvers, next to other servers' env BENCH_REQUESTS="${BENCH_REQUESTS:-800}" \
  target/release/stepwell-bench graphql
step 'benchmark of workflows' env BENCH_REQUESTS="${BENCH_REQUESTS:-800}" target/release/stepwell-bench workflows

printf '\nall steps passed in %s s\n' $SECONDS
