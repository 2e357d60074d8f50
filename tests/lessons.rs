//! The whole pack: every claim and myth of every lesson holds, as `llm-lab verify` measures it.

#![allow(clippy::unwrap_used)]

use assert_cmd::Command;

#[test]
fn every_claim_and_myth_of_the_pack_holds() {
    let folder = tempfile::tempdir().unwrap();
    let run = Command::cargo_bin("llm-lab")
        .unwrap()
        .args(["verify", "--lang", "en", "--format", "json"])
        .current_dir(folder.path())
        .env("LLM_LAB_HOME", folder.path())
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let metric = |name: &str| json["metrics"][name]["value"].as_f64().unwrap();
    assert!(run.status.success(), "{}", json["text"]);
    assert_eq!(metric("failing"), 0.0);
    assert!(metric("holding") > 200.0, "only {} expectations were checked", metric("holding"));
}
