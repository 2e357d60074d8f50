//! The commands of the tokenizers as scripts use them: files, standard input, JSON, ids back to text;
//! and whatever is wrong gives one line and exit code 2.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

mod common;

use std::fs;
use std::process::Stdio;

use common::Place;

const TEXT: &str = "low lower lowest newest widest, low new wide\n\n  中文的词表 中文的分词\tİ ﷽ e\u{301}\r\n\
    don't DON'T 1234567 👩\u{200d}🚀 </w> ▁ [UNK]";

/// A folder with a corpus in it.
fn place() -> Place {
    let place = Place::new();
    place.write("corpus.txt", TEXT.repeat(20).as_bytes());
    place.write("text.txt", TEXT.as_bytes());
    place
}

/// One clear line, exit code 2.
fn refuses(place: &Place, line: &str, part: &str) {
    let ran = place.line(line);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{line}: {}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{line}: {}", ran.err);
    let err = ran.err.to_lowercase();
    assert!(err.starts_with("error: ") && err.contains(part), "{line}: {}", ran.err);
    assert!(ran.err.len() < 600 && !ran.err.contains('\x1b'), "{line}: {}", ran.err);
}

#[test]
fn every_scheme_trains_saves_encodes_and_decodes() {
    let place = place();
    for scheme in ["byte-bpe", "char-bpe", "wordpiece", "unigram", "sp-bpe"] {
        for pattern in ["gpt2", "gpt4", "none"] {
            if scheme != "byte-bpe" && pattern != "gpt2" {
                continue;
            }
            let train = format!(
                "tokenizer train --scheme {scheme} --pattern {pattern} --vocab-size 340 \
                 --corpus corpus.txt --save tokenizer.json --up-to"
            );
            let ran = place.line(&train);
            assert_eq!(ran.code, Some(0), "{train}: {}", ran.err);
            let ran = place.line("tokenizer encode --with tokenizer.json --file text.txt");
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{scheme}");
            assert_eq!(ran.out.lines().count(), TEXT.lines().count(), "{scheme}");
            place.write("ids.txt", ran.out.as_bytes());
            let back = place.line("tokenizer decode --with tokenizer.json --file ids.txt");
            assert_eq!(back.code, Some(0), "{}", back.err);
            if scheme == "byte-bpe" {
                assert_eq!(back.out, format!("{TEXT}\n"), "{pattern}");
            }
            // What was decoded has the same ids again, by way of standard input.
            let piped = place.line_with("tokenizer encode --with tokenizer.json --file -", TEXT);
            assert_eq!(piped.out, ran.out, "{scheme}");
            let piped =
                place.line_with("tokenizer decode --with tokenizer.json --file -", &piped.out);
            assert_eq!(piped.out, back.out, "{scheme}");
        }
    }
}

#[test]
fn built_in_vocabularies_encode_line_by_line() {
    let place = place();
    place.write("hello.txt", b"Hello world\n\nHello\n");
    for (name, ids) in [
        ("gpt2", "15496 995\n\n15496\n"),
        ("cl100k", "9906 1917\n\n9906\n"),
        ("o200k", "13225 2375\n\n13225\n"),
    ] {
        let ran = place.line(&format!("tokenizer encode --with {name} --file hello.txt"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ids), "{name}");
        let back = place.line_with(&format!("tokenizer decode --with {name} --file -"), ids);
        assert_eq!(back.out, "Hello world\n\nHello\n", "{name}");
    }
    let json = place.json("tokenizer encode --with gpt2 --file hello.txt");
    assert_eq!(json["metrics"]["tokens"]["value"], 3);
    assert!(json.to_string().contains("15496 995"), "{json}");
}

#[test]
fn bad_arguments_are_refused() {
    let place = place();
    place.write("empty.txt", b"");
    place.write("blank.txt", b" \n \n");
    place.write("latin1.txt", b"caf\xe9 au lait");
    for size in ["0", "-1", "NaN", "inf", "1e18", "99999999999999999999999", "two", "1.5"] {
        let line = format!("tokenizer train --vocab-size={size} --corpus corpus.txt");
        refuses(&place, &line, "vocab-size");
    }
    for (line, part) in [
        ("tokenizer train --vocab-size 300 --corpus empty.txt", "empty"),
        ("tokenizer train --vocab-size 300 --scheme char-bpe --corpus blank.txt", "empty"),
        ("tokenizer train --vocab-size 300 --corpus latin1.txt", "utf-8 at byte 3"),
        ("tokenizer train --vocab-size 300 --corpus missing.txt", "missing.txt"),
        ("tokenizer train --vocab-size 300 --corpus .", "cannot read ."),
        ("tokenizer train --vocab-size 255 --corpus corpus.txt", "255"),
        ("tokenizer train --vocab-size 3 --scheme char-bpe --corpus corpus.txt", "of 3"),
        ("tokenizer train --vocab-size 3 --scheme wordpiece --corpus corpus.txt", "of 3"),
        ("tokenizer train --vocab-size 3 --scheme unigram --corpus corpus.txt", "of 3"),
        ("tokenizer train --vocab-size 90000 --corpus corpus.txt", "no pair is left"),
        ("tokenizer train --vocab-size 90000 --scheme unigram --corpus corpus.txt", "fills only"),
        ("tokenizer train --vocab-size 300 --scheme magic --corpus corpus.txt", "magic"),
        ("tokenizer train --vocab-size 300 --pattern gpt9 --corpus corpus.txt", "gpt9"),
        ("tokenizer train --vocab-size 300 --corpus corpus.txt --save .", "cannot write ."),
        ("tokenizer encode --with missing.json --file text.txt", "missing.json"),
        ("tokenizer encode --with . --file text.txt", "cannot read ."),
        ("tokenizer encode --with gpt3 --file text.txt", "gpt3"),
        ("tokenizer encode --with text.txt --file text.txt", "tokenizer.json"),
        ("tokenizer encode --with gpt2 --file latin1.txt", "utf-8 at byte 3"),
        ("tokenizer encode --with gpt2 --file .", "cannot read ."),
        ("tokenizer decode --with gpt2 --file text.txt", "line 1"),
    ] {
        refuses(&place, line, part);
    }
    for ids in ["50257", "4294967296", "-1", "1.5", "99999999999999999999", "0x10"] {
        place.write("ids.txt", format!("0 1\n{ids}\n").as_bytes());
        refuses(&place, "tokenizer decode --with gpt2 --file ids.txt", "");
    }
}

/// A byte-level file whose vocabulary and merges are given.
fn bpe(vocab: &str, merges: &str) -> String {
    format!(r#"{{"model": {{"type": "BPE", "vocab": {{{vocab}}}, "merges": [{merges}]}}}}"#)
}

#[test]
fn damaged_and_hostile_files_are_refused() {
    let place = place();
    place.line("tokenizer train --vocab-size 300 --corpus corpus.txt --save good.json");
    let good = fs::read_to_string(place.path().join("good.json")).unwrap();
    let nested =
        format!("{}{}", r#"{"normalizer":{"type":"Sequence","normalizers":["#.repeat(5000), "1");
    let hostile = [
        good[..good.len() / 2].to_string(),
        good.replacen("\"id\"", "\"id", 1).replace("\"!\": 0", "\"!\": 4294967295"),
        good.replace("\"type\": \"BPE\"", "\"type\": \"BPE\\u001b[31m\""),
        nested,
        "[".repeat(1_000_000),
        "null".to_string(),
        String::new(),
        "\u{0}".repeat(1000),
        bpe(r#""a": 4294967295"#, ""),
        bpe(r#""a": 1e18"#, ""),
        bpe(r#""a": 0, "a": 1"#, ""),
        bpe(r#""a": 0, "b": 0"#, ""),
        bpe(r#""a": 0, "b": 1"#, r#""a b""#),
        bpe(r#""a": 0, "aa": 1"#, r#""aa aa""#),
        bpe(r#""a": 0"#, r#"["a"]"#),
        bpe(r#""a": 0"#, r#"["", "a"]"#),
    ];
    for (i, json) in hostile.iter().enumerate() {
        place.write("bad.json", json.as_bytes());
        let line = "tokenizer encode --with bad.json --file text.txt";
        let ran = place.line(line);
        assert_eq!(ran.code, Some(2), "{i}: {}", ran.err);
        refuses(&place, line, "");
    }
    place.write("bad.json", b"\xff\xfe");
    refuses(&place, "tokenizer encode --with bad.json --file text.txt", "utf-8");
    place.write("bad.tiktoken", b"YQ== 0\nYQ== 1\n");
    refuses(&place, "tokenizer encode --with bad.tiktoken --file text.txt", "twice");
    place.write("vocab.json", b"{\"a\": 0}");
    place.write("merges.txt", b"a b\n");
    refuses(&place, "tokenizer encode --with vocab.json+merges.txt --file text.txt", "");
}

#[test]
fn one_line_of_a_megabyte_is_encoded_and_read_back() {
    let place = place();
    place.line("tokenizer train --vocab-size 300 --corpus corpus.txt --save tokenizer.json");
    let mixed: String = (0..1_000_000u64).map(|i| (b'a' + (i * i % 23) as u8) as char).collect();
    for word in [mixed, "a".repeat(1_000_000), "中文".repeat(170_000), " ".repeat(1_000_000)] {
        place.write("long.txt", word.as_bytes());
        let ids = place.line("tokenizer encode --with tokenizer.json --file long.txt").out;
        assert_eq!(ids.lines().count(), 1);
        let back = place.line_with("tokenizer decode --with tokenizer.json --file -", &ids).out;
        assert!(back.strip_suffix('\n') == Some(&word), "{:.20}", word);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let place = place();
    place.write("much.txt", TEXT.repeat(20_000).as_bytes());
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("llm-lab"))
        .args(["tokenizer", "encode", "--with", "gpt2", "--file", "much.txt"])
        .current_dir(place.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!err.contains("panicked"), "{err}");
}
