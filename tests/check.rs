//! The pack check and `verify`, on a small sound pack and on the same pack with one mistake each.

#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use llm_lab::app::Lab;
use llm_lab::course::check::{check, report};
use llm_lab::course::verify::{self, verify};
use llm_lab::course::{File, Pack, recap};
use llm_lab::experiments::Silent;
use llm_lab::report::{Error, Lang, Text};

const INDEX: &str = include_str!("fixtures/packs/good/pack.yaml");
const FIRST: &str = include_str!("fixtures/packs/good/demo/rectifier.yaml");
const SECOND: &str = include_str!("fixtures/packs/good/demo/swish-demo.yaml");

fn file(name: &str, content: impl Into<Vec<u8>>) -> File {
    (name.to_string(), Cow::Owned(content.into()))
}

fn pack(second: impl Into<Vec<u8>>) -> Pack {
    Pack::open([
        file("pack.yaml", INDEX),
        file("demo/rectifier.yaml", FIRST),
        file("demo/swish-demo.yaml", second),
    ])
}

fn quietly(_: usize, _: usize, _: &Text) -> Result<(), Error> {
    Ok(())
}

fn problems(pack: &Pack) -> Vec<String> {
    let found = check(pack, &Lab::new(&Silent), &quietly).unwrap();
    found.iter().map(|p| p.line(Lang::En)).collect()
}

/// The one line for the sound lesson in which `from` was replaced by `to`.
fn mistake(from: &str, to: &str) -> String {
    assert!(SECOND.contains(from), "{from}");
    let found = problems(&pack(SECOND.replacen(from, to, 1)));
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap()
}

#[test]
fn the_sound_pack_has_no_problems() {
    let pack = pack(SECOND);
    assert_eq!(problems(&pack), Vec::<String>::new());
    assert_eq!(report(&pack, &[]).number("problems"), Some(0.0));
    let order: Vec<&str> = pack.lessons().iter().map(|e| e.header.id.as_str()).collect();
    assert_eq!(order, ["rectifier", "swish-demo"]);
    let paper = recap(&pack.lesson("swish-demo").unwrap());
    assert!(paper.blocks.len() > 20 && paper.tables().count() == 1);
}

#[test]
fn each_mistake_is_named_with_its_place_and_mend() {
    let cases = [
        ("look: {en", "lok: {en", ":16:5: unknown key `lok` → did you mean `look`?"),
        ("hint: {en: \"What is σ(0)?\"", "hint: {en: \"\"", ":53:18: `en` is empty →"),
        ("{en: \"identity\", zh: \"恒等\"}", "{en: identity}", ":73:15: `zh` is missing →"),
        (
            ", why: {en: \"It has a corner.\", zh: \"它在那里有折角。\"}",
            "",
            ":61:11: a wrong option without its reason → add `why",
        ),
        (
            "id: swish-demo-smooth",
            "id: swish-demo-zero",
            ":55:9: the id `swish-demo-zero` twice → demo/swish-demo.yaml:46 has it already",
        ),
        (
            "id: swish-demo-minimum",
            "id: rectifier-negative",
            ":20:9: the id `rectifier-negative` twice → demo/rectifier.yaml:10 has it already",
        ),
        (
            "run: plot swish --beta 0.1 1 10",
            "run: plto swish",
            ":15:10: the command `plto swish` fails → ",
        ),
        (
            "metric: minimum.x",
            "metric: minimum.z",
            ":12:7: `plot swish --beta 1` gives no metric `minimum.z` → did you mean `minimum.y`?",
        ),
        (
            "expect: {slope.at_0",
            "expect: {slop.at_0",
            ":35:14: `plot swish --beta 0` gives no metric `slop.at_0` → did you mean `slope.at_0`?",
        ),
        ("expect: {minimum.y: {above: -0.3}}", "expect: {}", ":28:5: nothing is expected →"),
        ("    expect: {minimum.y: {above: -0.3}}\n", "", ":25:5: `expect` is missing →"),
        (
            "needs: [rectifier]",
            "needs: [rectifer]",
            ":6:9: needs `rectifer`, which is no lesson → did you mean `rectifier`?",
        ),
        (
            "ask: swish-demo-slope",
            "ask: swish-demo-slop",
            ":18:10: no item `swish-demo-slop` under `quiz` → did you mean `swish-demo-slope`?",
        ),
        (
            "answers: [swish-demo-formula]",
            "answers: [swish-demo-formula, more]",
            ":5:31: `more` has no entry under `interview` →",
        ),
        (
            "answers: [swish-demo-formula]",
            "answers: []",
            ":41:15: `swish-demo-formula` is not among `answers` →",
        ),
        (
            "It scales with 1/{beta}.",
            "It scales with 1/{bta}.",
            ":83:18: `{bta}` is not drawn → did you mean `beta`?",
        ),
        (
            "accept: [SiLU, sigmoid linear unit]",
            "accept: [\"\"]",
            ":67:7: an empty accepted form →",
        ),
        ("x / 2\", right: true}", "x / 2\", why: {en: a, zh: b}}", ":49:7: 0 options are right →"),
        ("within: 0.3", "within: near", ":13:15: wrong type: string \"near\" → write a distance"),
        (
            "within: 0.001}, slope",
            "within: 0.001, above: 1}, slope",
            ":23:14: an expectation is {is, within}",
        ),
        ("format: 1", "format: 2", ":1:9: format 2 →"),
        (
            "title: {en: \"Swish in a few steps\"",
            "title: {en: &a \"x\"",
            ":4:13: an anchor or alias",
        ),
        (
            "  - ask: swish-demo-zero",
            "\t- ask: swish-demo-zero",
            ":17:1: a tab in the indentation →",
        ),
    ];
    let wrong: Vec<String> = cases
        .into_iter()
        .filter_map(|(from, to, expected)| {
            let line = mistake(from, to);
            let expected = format!("demo/swish-demo.yaml{expected}");
            (!line.starts_with(&expected)).then(|| format!("{line}\n  instead of {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_that_attack_get_one_line_each() {
    let head = SECOND.split("steps:").next().unwrap();
    let line = |body: &[u8]| {
        let content = [head.as_bytes(), b"steps:\n", body].concat();
        let found = problems(&pack(content));
        assert_eq!(found.len(), 1, "{found:#?}");
        found.into_iter().next().unwrap()
    };
    assert!(line("[".repeat(100_000).as_bytes()).contains("nested more than 32 levels"));
    assert!(
        line(b" - say: {en: \xff\xfe, zh: x}\n")
            .starts_with("demo/swish-demo.yaml:8:14: invalid UTF-8")
    );
    assert!(line(b" - say: {en: \x1b[2J, zh: x}\n").contains(":8:14: an escape character"));
    assert!(
        line(b" - say: {en: \"\\x1b]0;x\\x07\", zh: x}\n").contains(":8:14: an escape character")
    );
    assert!(line(b" - &a [*a, *a]\n").contains("an anchor or alias"));
    assert!(line(b" - say: !!python/object x\n").contains(":8:"));
    let large = line(&b" - say: {en: x, zh: y}\n".repeat(60_000));
    assert!(large.contains("longer than 1 MiB"), "{large}");
    let named = problems(&Pack::open([file("demo/\x1b[31m.yaml", "x: 1")]));
    assert!(named[0].starts_with("demo/\u{fffd}[31m.yaml:1:1: "), "{named:?}");
}

#[test]
fn the_pack_as_a_whole_is_checked() {
    let only = |files: Vec<File>| problems(&Pack::open(files));
    let missing = only(vec![file("pack.yaml", INDEX), file("demo/rectifier.yaml", FIRST)]);
    assert_eq!(
        missing,
        [
            "pack.yaml:6:25: the lesson demo/swish-demo.yaml is missing → write it, or remove the topic"
        ]
    );
    let orphan = only(vec![
        file("pack.yaml", INDEX.replace("[rectifier, swish-demo]", "[rectifier]")),
        file("demo/rectifier.yaml", FIRST),
        file("demo/swish-demo.yaml", SECOND),
    ]);
    assert!(orphan[0].starts_with("demo/swish-demo.yaml:1:1: an orphan"), "{orphan:?}");
    let named = only(vec![file("demo/other.yaml", FIRST)]);
    assert!(named[0].starts_with("demo/other.yaml:2:5: the file's name does not fit"), "{named:?}");
    let circle = only(vec![
        file("demo/rectifier.yaml", FIRST.replace("needs: []", "needs: [swish-demo]")),
        file("demo/swish-demo.yaml", SECOND),
    ]);
    assert!(circle[0].contains("needs `swish-demo`, which needs this lesson"), "{circle:?}");
    let later = only(vec![
        file("pack.yaml", INDEX.replace("[rectifier, swish-demo]", "[swish-demo, rectifier]")),
        file("demo/rectifier.yaml", FIRST),
        file("demo/swish-demo.yaml", SECOND),
    ]);
    assert!(later[0].contains("needs `rectifier`, which comes later"), "{later:?}");
}

/// The verdicts of `verify` on a lesson, and whether all is well.
fn verified(second: &str, ids: &[&str], all: bool) -> Result<(usize, usize, usize, bool), Error> {
    let lessons = pack(second).select(&[])?;
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_string()).collect();
    let rows = verify(&lessons, &ids, all, &Lab::new(&Silent), &quietly)?;
    let (report, fine) = verify::report(&rows);
    let count = |name| report.number(name).unwrap() as usize;
    Ok((count("holding"), count("failing"), count("left_out"), fine))
}

#[test]
fn claims_and_myths_hold_and_slow_ones_wait() {
    assert_eq!(verified(SECOND, &[], false), Ok((3, 0, 1, true)));
    assert_eq!(verified(SECOND, &[], true), Ok((4, 0, 0, true)));
    assert_eq!(verified(SECOND, &["swish-demo-identity"], false), Ok((1, 0, 0, true)));
    assert_eq!(verified(SECOND, &["swish-demo-bounded"], false), Ok((1, 0, 0, true)));
    let unknown = verified(SECOND, &["swish-demo-minimun"], false).unwrap_err();
    assert_eq!(unknown.exit_code(), 2);
    assert!(unknown.line(Lang::En).contains("did you mean `swish-demo-minimum`?"));
}

#[test]
fn a_changed_number_makes_verify_fail() {
    for (from, to) in [
        ("is: -1.2785", "is: -1.2885"),
        ("{is: 0.5, within: 1e-6}", "{is: 1, within: 1e-6}"),
        ("above: 0.4, below: 0.6", "above: 0.5"),
        ("minimum.x: {is: -1.2785, within: 0.001}", "minimum.x: {text: low}"),
        ("minimum.x: {is", "minimum.q: {is"),
        ("run: plot swish --beta 0\n", "run: plot swish --beta zero\n"),
    ] {
        assert!(SECOND.contains(from));
        let (_, failing, _, fine) = verified(&SECOND.replacen(from, to, 1), &[], false).unwrap();
        assert_eq!((failing, fine), (1, false), "{from} → {to}");
    }
}
