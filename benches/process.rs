//! Whole processes, as a learner meets them: from the key press to the prompt. The reference path
//! is `--version`, which does nothing but start, so each figure reads as "this much more than
//! starting". Run with `cargo bench --bench process`.

#![allow(clippy::disallowed_methods, missing_docs)]

use std::hint::black_box;
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};

/// Runs the release binary once, to its end.
fn run(args: &[&str], folder: &std::path::Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_llm-lab"))
        .args(args)
        .current_dir(folder)
        .env("LLM_LAB_HOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(black_box(status).is_ok_and(|s| s.success()), "{args:?} failed");
}

fn processes(criterion: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("llm-lab-bench-{}", std::process::id()));
    if std::fs::create_dir_all(&folder).is_err() {
        return;
    }
    let mut group = criterion.benchmark_group("process");
    group.bench_function("reference: --version", |b| b.iter(|| run(&["--version"], &folder)));
    group.bench_function("--help", |b| b.iter(|| run(&["--help"], &folder)));
    group.bench_function("lessons", |b| b.iter(|| run(&["lessons"], &folder)));
    group.bench_function("plot swish --beta 0.5, with its PNG", |b| {
        b.iter(|| run(&["plot", "swish", "--beta", "0.5"], &folder));
    });
    group.finish();
    let _ = std::fs::remove_dir_all(&folder);
}

criterion_group!(benches, processes);
criterion_main!(benches);
