//! argv in, exit code out.

fn main() -> std::process::ExitCode {
    llm_lab::shell::main()
}
