//! Checkpoints that are broken or hostile, as a shell sees them: one clear line, exit code 2.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Place;
use serde_json::{Value, json};

/// A small model of a family, to be damaged.
struct Victim {
    place: Place,
    config: Value,
    header: Value,
    data: Vec<u8>,
}

impl Victim {
    fn new(name: &str) -> Self {
        let from =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/checkpoints").join(name);
        let config = serde_json::from_slice(&fs::read(from.join("config.json")).unwrap()).unwrap();
        let bytes = fs::read(from.join("model.safetensors")).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let data = bytes[8 + length..].to_vec();
        let victim = Self { place: Place::new(), config, header, data };
        victim.write_config(victim.config.to_string().as_bytes());
        victim.write_weights(&victim.file(&victim.header));
        victim
    }

    fn path(&self) -> PathBuf {
        self.place.path().to_path_buf()
    }

    fn write_config(&self, bytes: &[u8]) {
        fs::write(self.path().join("config.json"), bytes).unwrap();
    }

    fn write_weights(&self, bytes: &[u8]) {
        fs::write(self.path().join("model.safetensors"), bytes).unwrap();
    }

    /// A safetensors file with this header and the right numbers.
    fn file(&self, header: &Value) -> Vec<u8> {
        let header = header.to_string();
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &self.data].concat()
    }

    /// The header with one tensor's entry changed.
    fn header_with(&self, tensor: &str, change: impl Fn(&mut Value)) -> Value {
        let mut header = self.header.clone();
        change(&mut header[tensor]);
        header
    }

    fn logits(&self, ids: &str) -> (Option<i32>, String) {
        let ran = self.place.run(&["model", "logits", ".", "--ids", ids]);
        (ran.code, ran.err)
    }

    /// The line that the model gets now, which must be one and name the reason.
    #[track_caller]
    fn refused(&self, ids: &str, reason: &str) {
        let (code, said) = self.logits(ids);
        assert_eq!(code, Some(2), "{reason}: {said}");
        assert!(said.contains(reason), "{reason} is not in: {said}");
        assert!(said.lines().filter(|line| !line.is_empty()).count() <= 3, "{said}");
        assert!(said.len() < 700 && !said.contains("panicked"), "{said}");
    }
}

const QUERY: &str = "model.layers.0.self_attn.q_proj.weight";

#[test]
fn a_sound_model_is_read() {
    for name in ["llama", "gpt2", "bert"] {
        let (code, said) = Victim::new(name).logits("1,2,3");
        assert_eq!((code, said.as_str()), (Some(0), ""));
    }
}

#[test]
fn damaged_weights_are_refused() {
    let victim = Victim::new("llama");
    let whole = victim.file(&victim.header);
    for n in [0, 1, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
        victim.write_weights(&whole[..n]);
        victim.refused("1", "damaged");
    }
    let long = |length: u64| [&length.to_le_bytes()[..], &whole[8..]].concat();
    for length in [0, 1, 1 << 60, u64::MAX, whole.len() as u64] {
        victim.write_weights(&long(length));
        victim.refused("1", "damaged");
    }
    victim.write_weights(&[&whole[..], &[0; 4]].concat());
    victim.refused("1", "damaged");
}

#[test]
fn headers_that_lie_are_refused() {
    let victim = Victim::new("llama");
    let offsets = |from: Value, to: Value| {
        victim.header_with(QUERY, |tensor| tensor["data_offsets"] = json!([from, to]))
    };
    let shape = |shape: Value| victim.header_with(QUERY, |tensor| tensor["shape"] = shape.clone());
    let wrong = [
        (offsets(json!(0), json!(4)), "damaged"),
        (offsets(json!(-4), json!(2300)), "damaged"),
        (offsets(json!(1_u64 << 60), json!((1_u64 << 60) + 2304)), "damaged"),
        (offsets(json!(2304), json!(0)), "damaged"),
        (shape(json!([1_u64 << 62, 8])), "damaged"),
        (shape(json!([24, 23])), "damaged"),
        (shape(json!([12, 48])), "has shape [12, 48], not [24, 24]"),
        (shape(json!([576])), "has shape [576], not [24, 24]"),
        (victim.header_with(QUERY, |tensor| tensor["dtype"] = json!("I32")), "not a float"),
        (victim.header_with(QUERY, |tensor| tensor["dtype"] = json!("Q17")), "damaged"),
    ];
    for (header, reason) in wrong {
        victim.write_weights(&victim.file(&header));
        victim.refused("1", reason);
    }
    let mut header = victim.header.clone();
    let tensor = header.as_object_mut().unwrap().remove(QUERY).unwrap();
    header["model.layers.0.self_attn.other.weight"] = tensor;
    victim.write_weights(&victim.file(&header));
    victim.refused("1", &format!("there is no tensor {QUERY}"));
}

#[test]
fn tensors_too_many_and_numbers_that_are_none_are_refused() {
    let mut victim = Victim::new("llama");
    let start = victim.data.len();
    victim.data.extend([0; 8]);
    let mut header = victim.header.clone();
    header["model.layers.0.adapter"] =
        json!({ "dtype": "F32", "shape": [2], "data_offsets": [start, start + 8] });
    victim.write_weights(&victim.file(&header));
    victim.refused("1", "model.layers.0.adapter");

    let mut victim = Victim::new("llama");
    let place = victim.header[QUERY]["data_offsets"][0].as_u64().unwrap() as usize;
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        victim.data[place..place + 4].copy_from_slice(&bad.to_le_bytes());
        victim.write_weights(&victim.file(&victim.header));
        victim.refused("1", &format!("{QUERY} contains"));
    }
}

#[test]
fn configurations_that_make_no_sense_are_refused() {
    let victim = Victim::new("llama");
    let nested = "[".repeat(100_000);
    for bytes in ["", "no json", "[]", "3", "{", &nested, "{\"model_type\": \"llama\"}"] {
        victim.write_config(bytes.as_bytes());
        victim.refused("1", "config.json");
    }
    victim.write_config(&[0xff, 0xfe, 0]);
    victim.refused("1", "config.json");
    victim.write_config(&vec![b' '; 2 << 20]);
    victim.refused("1", "1 MB");
    let wrong = [
        ("model_type", json!("falcon"), "falcon"),
        ("model_type", json!(7), "model_type"),
        ("num_attention_heads", json!(0), "0"),
        ("num_attention_heads", json!(5), "divide"),
        ("num_attention_heads", json!(-4), "not a count"),
        ("num_key_value_heads", json!(3), "divide"),
        ("num_key_value_heads", json!(0), "0"),
        ("head_dim", json!(5), "RoPE"),
        ("head_dim", json!(0), "0"),
        ("hidden_size", json!(24.5), "not a count"),
        ("hidden_size", json!(u64::MAX), "d-model"),
        ("hidden_size", json!("24"), "not a count"),
        ("vocab_size", json!(999_999_999_u64), "vocab"),
        ("vocab_size", json!(900_000), "shape"),
        ("vocab_size", json!(0), "0"),
        ("intermediate_size", json!(1_000_000), "shape"),
        ("num_hidden_layers", json!(3), "model.layers.2"),
        ("num_hidden_layers", json!(1), "model.layers.1"),
        ("num_hidden_layers", json!(1_000_000_000), "layers"),
        ("max_position_embeddings", json!(1_000_000_000), "context"),
        ("max_position_embeddings", json!(0), "context"),
        ("rms_norm_eps", json!(-1), "ε"),
        ("rms_norm_eps", json!("small"), "rms_norm_eps"),
        ("hidden_act", json!("mish"), "mish"),
        ("tie_word_embeddings", json!(true), "lm_head.weight"),
        ("tie_word_embeddings", json!(1), "tie_word_embeddings"),
        ("attention_bias", json!(true), "bias"),
        ("quantization_config", json!({}), "quantization_config"),
        ("rope_parameters", json!({ "rope_type": "longrope" }), "longrope"),
        ("rope_parameters", json!({ "rope_type": "linear" }), "factor"),
        ("rope_parameters", json!({ "rope_type": "linear", "factor": 0 }), "RoPE"),
        ("rope_parameters", json!({ "rope_theta": -1 }), "RoPE"),
        ("rope_parameters", json!({ "rope_theta": 1e4, "partial_rotary_factor": 0.5 }), "partial"),
        ("rope_parameters", json!({ "full_attention": { "rope_theta": 1e4 } }), "full_attention"),
        ("rope_parameters", json!([1]), "rope_parameters"),
    ];
    for (key, value, reason) in wrong {
        let mut config = victim.config.clone();
        config[key] = value;
        victim.write_config(config.to_string().as_bytes());
        victim.refused("1", reason);
    }
}

#[test]
fn what_other_families_cannot_do_is_refused() {
    for (name, key, value, reason) in [
        ("gpt2", "add_cross_attention", json!(true), "add_cross_attention"),
        ("gpt2", "n_head", json!(5), "divide"),
        ("gpt2", "n_positions", json!(33), "shape"),
        ("gpt2", "tie_word_embeddings", json!(false), "lm_head.weight"),
        ("bert", "is_decoder", json!(true), "is_decoder"),
        ("bert", "position_embedding_type", json!("relative_key"), "relative_key"),
        ("bert", "type_vocab_size", json!(3), "shape"),
        ("bert", "tie_word_embeddings", json!(false), "cls.predictions.decoder.weight"),
        ("qwen2", "layer_types", json!(["linear_attention", "full_attention"]), "linear_attention"),
        ("mistral", "sliding_window", json!(0), "sliding_window"),
        ("mistral", "sliding_window", json!("5"), "sliding_window"),
    ] {
        let victim = Victim::new(name);
        let mut config = victim.config.clone();
        config[key] = value;
        victim.write_config(config.to_string().as_bytes());
        victim.refused("1", reason);
    }
    let victim = Victim::new("bert");
    let mut header = victim.header.clone();
    let names: Vec<String> = header.as_object().unwrap().keys().cloned().collect();
    for name in names.iter().filter(|name| name.starts_with("cls.")) {
        let tensor = header.as_object_mut().unwrap().remove(name).unwrap();
        header[format!("x.pooler.dense.weight.{name}.position_ids")] = tensor;
    }
    victim.write_weights(&victim.file(&header));
    victim.refused("1", "no logits");
}

#[test]
fn tokens_outside_the_model_are_refused() {
    let victim = Victim::new("llama");
    victim.refused("23", "token 23");
    victim.refused("4294967295", "token 4294967295");
    victim.refused("4294967296", "1,2,3");
    victim.refused("-1", "1,2,3");
    victim.refused("", "no token");
    victim.refused(&vec!["1"; 33].join(","), "33 tokens");
}

#[test]
fn indexes_name_files_of_their_folder_only() {
    let victim = Victim::new("llama");
    let index = |map: Value| {
        let path = victim.path().join("model.safetensors.index.json");
        fs::write(path, json!({ "weight_map": map }).to_string()).unwrap();
    };
    index(json!({ "a": "model.safetensors" }));
    assert_eq!(victim.logits("1").0, Some(0));
    for map in [json!({}), json!({ "a": "../model.safetensors" }), json!({ "a": 3 }), json!([])] {
        index(map);
        victim.refused("1", "index.json");
    }
    index(json!({ "a": "model-00001-of-00002.safetensors" }));
    victim.refused("1", "model-00001-of-00002.safetensors");
}
