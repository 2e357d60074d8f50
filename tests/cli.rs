//! The program as a shell runs it: exit codes, streams, one clear line for whatever is wrong.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

mod common;

use std::fs;
use std::process::Stdio;

use common::{Place, Ran, output_of};

fn run(args: &[&str]) -> Ran {
    Place::new().run(args)
}

#[test]
fn an_experiment_reports_on_stdout_and_writes_its_picture() {
    let place = Place::new();
    let ran = place.run(&["plot", "swish", "--beta", "0.5"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.contains("minimum.x") && !ran.out.contains('\x1b'), "{}", ran.out);
    let line = ran.out.lines().find(|l| l.starts_with("Picture: ")).unwrap();
    let picture = place.path().join(line.trim_start_matches("Picture: "));
    assert!(fs::read(picture).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn each_mistake_gets_one_line_and_exit_code_2() {
    let place = Place::new();
    fs::write(place.path().join("file"), "x").unwrap();
    for (args, part) in [
        (&["plto", "relu"][..], "did you mean 'plot'?"),
        (&["plot"], "needs <CURVE"),
        (&["plot", "swsh"], "did you mean 'swish'?"),
        (&["plot", "swish", "--beta", "NaN"], "--beta cannot be 'NaN'"),
        (&["plot", "swish", "--beta", "inf"], "--beta cannot be 'inf'"),
        (&["plot", "swish", "--beta", "-1e999"], "--beta cannot be"),
        (&["plot", "swish", "--beta", "one"], "--beta cannot be 'one'"),
        (&["plot", "swish", "--beta"], "--beta"),
        (&["plot", "swish", "--betta", "1"], "did you mean '--beta'?"),
        (&["plot", "swish", "--seed", "-1"], "--seed cannot be '-1'"),
        (&["plot", "swish", "--seed", "1", "--seed", "2"], "more than once"),
        (&["plot", "swish", "--range", "4", "-4"], "range"),
        (&["plot", "swish", "--range", "1", "1"], "range"),
        (&["plot", "swish", "--derivative", "--second"], "--second"),
        (&["plot", "swish", "--out", "file/below"], "file"),
        (&["plot", "swish", "--out", "/proc/none"], "/proc/none"),
        (&["plot", "swish", "--out", "x.jpg"], ".jpg"),
        (&["plot", "swish", "--lang", "fr"], "en, zh"),
        (&["plot", "swish", "--format", "xml"], "text, json"),
        (&["norm"], "needs a subcommand"),
        (&["set", "sed"], "did you mean 'seed'?"),
        (&["exit", "now"], "unexpected argument 'now'"),
        (&["help", "plto"], "did you mean 'plot'?"),
        (&["lesson", "swsh"], "swish"),
        (&["lesson", "swish", "--from", "999"], "no step 999"),
        (&["lesson", "swish", "--from", "0"], "--from cannot be '0'"),
        (&["quiz", "nothing-of-the-kind"], "nothing-of-the-kind"),
        (&["quiz", "--count", "0"], "--count cannot be '0'"),
        (&["lesson", "swish"], "nobody answers"),
        (&["quiz"], "nobody answers"),
        (&["verify", "no-such-claim"], "no-such-claim"),
        (&["check", "no/such/folder"], "no/such/folder"),
        (&["lessons", "--lessons", "no/such/folder"], "no/such/folder"),
        (&["progress", "reset"], "needs"),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{args:?}: {}", ran.err);
        assert!(ran.err.starts_with("error: ") && ran.err.contains(part), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_hostile_word_is_shown_harmless() {
    let ran = run(&[&format!("\x1b]0;owned\x07{}", "x".repeat(10_000))]);
    assert_eq!(ran.code, Some(2));
    assert!(!ran.err.contains('\x1b') && ran.err.len() < 1000, "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf8_is_bad_input() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let ran = output_of(place.command(&["plot"]).arg(std::ffi::OsStr::from_bytes(b"\xff\xfe")));
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("not valid UTF-8") && ran.err.lines().count() == 1, "{}", ran.err);
}

#[test]
fn chinese_is_asked_for_by_option_or_by_locale() {
    let ran = run(&["plto", "--lang", "zh"]);
    assert!(ran.err.starts_with("错误：没有命令“plto”"), "{}", ran.err);
    let place = Place::new();
    for (name, value, chinese) in [
        ("LC_ALL", "zh_CN.UTF-8", true),
        ("LC_MESSAGES", "zh_TW", true),
        ("LANG", "zh", true),
        ("LANG", "de_DE.UTF-8", false),
    ] {
        let ran = output_of(place.command(&["--help"]).env(name, value));
        assert_eq!(ran.out.contains("先试试"), chinese, "{name}={value}: {}", ran.out);
        assert_eq!(ran.out.contains("Try this first"), !chinese);
    }
    let both = output_of(place.command(&["--help"]).env("LC_ALL", "C").env("LANG", "zh_CN"));
    assert!(both.out.contains("Try this first"), "LC_ALL is asked before LANG");
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let place = Place::new();
    let coloured = |args: &[&str]| place.run(args).out.contains('\x1b');
    assert!(!coloured(&["--help"]));
    assert!(!coloured(&["plot", "relu"]));
    assert!(coloured(&["--help", "--color", "always"]));
    assert!(coloured(&["plot", "relu", "--color", "always"]));
    assert!(!coloured(&["plot", "relu", "--color", "never"]));
    let error = place.run(&["plto", "--color", "always"]).err;
    assert!(error.starts_with("\x1b["), "{error}");
    let quiet = output_of(place.command(&["plot", "relu"]).env("NO_COLOR", "1"));
    assert!(!quiet.out.contains('\x1b'));
}

#[test]
fn json_is_one_object_for_programs() {
    let place = Place::new();
    let ran = place.run(&["plot", "swish", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let x = json["metrics"]["minimum.x"]["value"].as_f64().unwrap();
    assert!((x + 1.2785).abs() < 1e-3, "{x}");
    assert_eq!(json["command"], "plot swish --format json");
    for key in ["title", "tables", "figures", "text"] {
        assert!(json.get(key).is_some(), "{key}");
    }
    let again = place.run(&["plot", "swish", "--format", "json"]);
    assert_eq!(again.out, ran.out, "one seed, one result");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let place = Place::new();
    for args in [
        &["lessons"][..],
        &["--help"],
        &["help", "plot"],
        &["plot", "swish"],
        &["plot", "swish", "--format", "json"],
        &["set"],
        &["progress"],
        &["lesson", "swish", "--print"],
        &["--version"],
    ] {
        let mut child =
            place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(output.stderr.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_the_machines_failure() {
    let place = Place::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = place.command(&["lessons"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}

#[test]
fn a_script_runs_line_by_line_and_stops_at_the_first_error() {
    let place = Place::new();
    let ran = place.fed(&[], b"# a comment\n\nset seed 3\nplot \\\n  relu\nplto\nplot gelu\n");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.starts_with("error: line 6: unknown command 'plto'"), "{}", ran.err);
    assert!(ran.out.contains("ReLU") && !ran.out.contains("GELU"), "{}", ran.out);
    assert!(!ran.out.contains("llm-lab>"), "no prompts in a pipe");
    let ran = place.fed(&[], b"\xef\xbb\xbfplot relu\r\nexit\nplto\n");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "BOM, CRLF, and exit ends it");
    let ran = place.fed(&["--lang", "zh"], b"plot relu\n\xff\n");
    assert!(ran.err.starts_with("错误：第 2 行："), "{}", ran.err);
    let ran = place.fed(&[], b"plot 'relu\n");
    assert!(ran.err.contains("line 1: a quote is not closed"), "{}", ran.err);
    assert_eq!(place.fed(&[], b"").code, Some(0));
}

#[test]
fn the_settings_of_a_script_hold_for_its_later_lines() {
    let place = Place::new();
    let ran = place.fed(&[], b"set lang zh\nset out pictures\nplot relu\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("图片：pictures/"), "{}", ran.out);
}

#[test]
fn a_lesson_is_played_from_a_pipe_and_resumed() {
    let place = Place::new();
    let ran = place.fed(&["lesson", "swish", "--quiet"], b"\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ran = place.fed(&["lesson", "swish"], b"jump 3\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("Kept at step 3; `llm-lab lesson swish` goes on."), "{}", ran.err);
    let ran = place.fed(&["lesson", "swish"], b"quit\n");
    assert!(ran.out.contains("Resuming at step 3"), "{}", ran.out);
    let to_the_end = "skip\n".repeat(40);
    let ran = place.fed(&["lesson", "swish"], to_the_end.as_bytes());
    assert!(ran.out.contains("The lesson ends here"), "{}", ran.out);
    let json = place.run(&["progress", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["metrics"]["lessons.done"]["value"], 1);
    assert_eq!(place.run(&["progress", "reset", "swish"]).code, Some(0));
    let json: serde_json::Value =
        serde_json::from_str(&place.run(&["progress", "--format", "json"]).out).unwrap();
    assert_eq!(json["metrics"]["lessons.done"]["value"], 0);
}

#[test]
fn answers_are_kept_and_a_damaged_file_is_put_aside() {
    let place = Place::new();
    let ran = place.fed(&["quiz", "swish"], b"answer\nanswer\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let home = place.path().join("home");
    let file = home.join("progress.json");
    let whole = fs::read_to_string(&file).unwrap();
    assert_eq!(whole.matches("\"right\": false").count(), 2, "{whole}");
    let half = &whole[..whole.len() / 2];
    fs::write(&file, half).unwrap();
    let ran = place.fed(&["quiz", "swish"], b"answer\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("progress.json.bak"), "{}", ran.err);
    assert_eq!(fs::read_to_string(home.join("progress.json.bak")).unwrap(), half);
}

#[test]
fn a_home_that_cannot_be_written_does_not_stop_the_session() {
    let place = Place::new();
    fs::write(place.path().join("home"), "a file, not a folder").unwrap();
    let ran = place.fed(&["quiz", "swish"], b"answer\nquit\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.err.matches("not saved").count(), 1, "said once: {}", ran.err);
    assert!(ran.out.contains("Summary"), "{}", ran.out);
}

#[test]
fn a_claim_that_does_not_hold_gives_exit_code_1() {
    let place = Place::new();
    let lessons = place.path().join("pack/activations");
    fs::create_dir_all(&lessons).unwrap();
    let swish = concat!(env!("CARGO_MANIFEST_DIR"), "/lessons/activations/swish.yaml");
    let text = fs::read_to_string(swish).unwrap();
    fs::write(lessons.join("swish.yaml"), &text).unwrap();
    let args = ["verify", "swish", "--lessons", "pack"];
    assert_eq!(place.run(&args).code, Some(0), "{}", place.run(&args).err);
    let wrong = text.replacen("{is: -1.27", "{is: -1.37", 1);
    assert_ne!(wrong, text, "the lesson tells where Swish is lowest");
    fs::write(lessons.join("swish.yaml"), wrong).unwrap();
    let ran = place.run(&args);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("do not hold"), "{}", ran.err);
}

#[test]
fn version_and_help_of_every_command_are_there() {
    assert!(run(&["--version"]).out.starts_with("llm-lab "));
    let ran = run(&["help", "plot"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.contains("Usage: llm-lab plot") && ran.out.contains("--beta"));
    assert!(ran.out.contains("Examples:"), "{}", ran.out);
}
