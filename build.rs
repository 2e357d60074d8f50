//! Tells cargo that the binary embeds the lessons: a new or changed lesson file means a new build.
#![allow(clippy::print_stdout)]

fn main() {
    println!("cargo::rerun-if-changed=lessons");
}
