//! Checkpoints: the round trip of every style, and files that are broken or hostile.

use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::model::config::Biases;
use crate::model::position::{Position, Rope, Scaling};
use crate::model::stack::NormKind;
use crate::model::{Config, Placement, Preset, Size};

const SIZE: Size = Size { vocab: 11, context: 8, d: 8, d_ff: 12, layers: 2, heads: 4, kv_heads: 2 };

fn model(config: Config) -> Transformer<f32> {
    Transformer::new(config, &mut ChaCha8Rng::seed_from_u64(1)).unwrap()
}

fn styles() -> Vec<(Config, Family)> {
    let llama = Preset::Llama.config(SIZE).unwrap();
    let rope = |scaling| Position::Rope(Rope { scaling, ..Rope::new(5e5) });
    let three = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 4.0 };
    let yarn = Scaling::Yarn {
        factor: 4.0,
        fast: 32.0,
        slow: 1.0,
        original: 4.0,
        attention: 1.1,
        truncate: true,
    };
    // a context of 8 is twice the original 4, and not twice 3
    let dynamic = |original| Scaling::Dynamic { factor: 2.0, original };
    let gpt2 = Preset::Gpt2.config(Size { kv_heads: 4, ..SIZE }).unwrap();
    let bert = Preset::Bert.config(Size { kv_heads: 4, ..SIZE }).unwrap();
    let all = Biases { qkv: true, output: true, ffn: true };
    vec![
        (llama.clone(), Family::Llama),
        (Config { tied: true, position: rope(three), ..llama.clone() }, Family::Llama),
        (
            Config { biases: all, position: rope(Scaling::Linear(2.0)), ..llama.clone() },
            Family::Llama,
        ),
        (Config { head_width: 6, position: rope(yarn), ..llama.clone() }, Family::Llama),
        (Config { position: rope(dynamic(4.0)), ..llama.clone() }, Family::Llama),
        (Config { position: rope(dynamic(3.0)), ..llama.clone() }, Family::Lab),
        (Config { position: rope(Scaling::Ntk(2.0)), ..llama.clone() }, Family::Lab),
        (Config { mask: Mask::Sliding(3), ..llama.clone() }, Family::Mistral),
        (Preset::Qwen2.config(SIZE).unwrap(), Family::Qwen2),
        (gpt2.clone(), Family::Gpt2),
        (
            Config { tied: false, score_scale: Some(1.0), activation: Activation::SILU, ..gpt2 },
            Family::Gpt2,
        ),
        (Config { mask: Mask::Sliding(3), ..Preset::Qwen2.config(SIZE).unwrap() }, Family::Qwen2),
        (Config { activation: Activation::Gelu, ..llama.clone() }, Family::Llama),
        (Preset::Glm4.config(Size { d: 16, ..SIZE }).unwrap(), Family::Lab),
        (bert.clone(), Family::Bert),
        (Config { tied: false, activation: Activation::Relu, ..bert.clone() }, Family::Bert),
        (Config { placement: Placement::Pre, ..bert }, Family::Lab),
        (
            Config {
                norm: NormKind::None,
                placement: Placement::Sandwich,
                position: Position::Relative { buckets: 4, farthest: 8 },
                dropout: 0.25,
                ..llama
            },
            Family::Lab,
        ),
    ]
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    for (config, family) in styles() {
        assert_eq!(Family::of(&config), family, "{config:?}");
        let model = model(config);
        let files = save(&model).unwrap();
        let again = load::<f32>(&files.config, &[&files.weights]).unwrap();
        assert_eq!(again.config, model.config);
        assert_eq!(again.weights, model.weights);
        assert_eq!(save(&again).unwrap(), files, "the same bytes");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let files = save(&model(styles().remove(0).0)).unwrap();
    for n in (0..files.weights.len()).step_by(97) {
        assert!(load::<f32>(&files.config, &[&files.weights[..n]]).is_err(), "{n} bytes");
    }
    for n in 0..files.config.len() - 2 {
        assert!(load::<f32>(&files.config[..n], &[&files.weights]).is_err(), "{n} bytes");
    }
}

#[test]
fn hostile_headers_and_sizes_get_one_line() {
    let files = save(&model(styles().remove(0).0)).unwrap();
    let huge = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    let overlapping = {
        let header =
            br#"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,4]}}"#;
        [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat()
    };
    for weights in [&huge[..], &overlapping, b"", b"\0\0\0\0\0\0\0\0"] {
        assert!(load::<f32>(&files.config, &[weights]).is_err());
    }
    let text = String::from_utf8(files.config.clone()).unwrap();
    let wrong = [
        ("\"vocab_size\": 11", "\"vocab_size\": 18446744073709551615"),
        ("\"vocab_size\": 11", "\"vocab_size\": 12"),
        ("\"hidden_size\": 8", "\"hidden_size\": -8"),
        ("\"hidden_size\": 8", "\"hidden_size\": 8.5"),
        ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 0"),
        ("\"head_dim\": 2", "\"head_dim\": 3"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000000000000"),
        ("\"llama\"", "\"falcon\""),
        ("\"silu\"", "\"mish\""),
        ("\"rope_theta\": 10000.0", "\"rope_theta\": 0"),
        ("\"rms_norm_eps\": 0.00001", "\"rms_norm_eps\": -1"),
    ];
    for (from, to) in wrong {
        assert!(text.contains(from), "{from} is not in {text}");
        let config = text.replace(from, to);
        assert!(load::<f32>(config.as_bytes(), &[&files.weights]).is_err(), "{to}");
    }
}
