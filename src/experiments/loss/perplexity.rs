//! `loss perplexity`: the mean surprise over the tokens of a text, in nats, in bits, and as a number
//! of equally likely choices.

use super::distribution::MOST;
use crate::experiments::{Context, params};
use crate::math::divergence::bits;
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// Perplexity from the probabilities of the tokens that came; the loss at chance ‖ 由实际出现的 token 的概率求困惑度；瞎猜时的损失
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "loss perplexity --probabilities 0.5 0.25 0.1 0.9\nloss perplexity --vocab 50257\nloss perplexity --probabilities 0.5 0.125 --bytes 9"
)]
pub struct Perplexity {
    /// The probability that the model gave to each token that came ‖ 模型给每个实际出现的 token 的概率
    #[arg(long, num_args = 1.., value_name = "P", value_parser = params::between(1e-12, 1.0), default_values = ["0.5", "0.25", "0.1", "0.9"])]
    pub probabilities: Vec<f64>,
    /// Tokens of the vocabulary, for the loss at chance ‖ 词表大小，用来算瞎猜时的损失
    #[arg(long, value_name = "V", value_parser = params::count(2, 10_000_000), default_value = "50257")]
    pub vocab: usize,
    /// Bytes of the text that these tokens make, for bits per byte ‖ 这些 token 对应的文本字节数，用来算每字节比特数
    #[arg(long, value_name = "N", value_parser = params::count(1, 1_000_000))]
    pub bytes: Option<usize>,
}

impl Perplexity {
    /// Averages the surprise.
    ///
    /// # Errors
    /// Too many tokens.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let n = self.probabilities.len();
        if n > MOST {
            return Err(Error::input(text(
                format!("{n} probabilities are too many"),
                format!("{n} 个概率太多"),
            ))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 个")))
            .example("llm-lab loss perplexity --probabilities 0.5 0.25"));
        }
        let surprise: Vec<f64> = self.probabilities.iter().map(|p| -p.ln()).collect();
        let total: f64 = surprise.iter().sum();
        let loss = total / n as f64;
        let mean_inverse = self.probabilities.iter().map(|p| 1.0 / p).sum::<f64>() / n as f64;
        let chance = (self.vocab as f64).ln();

        let mut report = Report::new(text("Perplexity", "困惑度"));
        report.formula("L = −1/T Σ ln p(xₜ | x₁ … xₜ₋₁)\nperplexity = exp(L)");
        let mut table = Table::new(text("Each token", "逐个 token"))
            .numbers(Text::same("t"))
            .numbers(Text::same("p"))
            .numbers(Text::same("−ln p (nats)"))
            .numbers(Text::same("−log₂ p (bits)"));
        for (t, (p, s)) in self.probabilities.iter().zip(&surprise).enumerate().take(20) {
            table.row(vec![(t + 1).into(), (*p).into(), (*s).into(), bits(*s).into()]);
        }
        report.table(table);
        report.say(text(
            format!(
                "Mean loss {} nats, perplexity {}: as unsure as someone who chooses among that many equally likely tokens. \
                 A vocabulary of {} at chance has loss ln {} = {} and perplexity {}.",
                number(loss), number(loss.exp()), number(self.vocab as f64), number(self.vocab as f64), number(chance), number(self.vocab as f64)
            ),
            format!(
                "平均损失 {} nats，困惑度 {}：相当于在这么多个等可能的 token 中挑一个。词表大小 {} 时，瞎猜的损失为 ln {} = {}，困惑度 {}。",
                number(loss), number(loss.exp()), number(self.vocab as f64), number(self.vocab as f64), number(chance), number(self.vocab as f64)
            ),
        ));
        report
            .metric_in("loss", loss, "nats")
            .metric_in("loss.total", total, "nats")
            .metric_in("bits", bits(loss), "bits")
            .metric("perplexity", loss.exp())
            .metric("p.geometric_mean", (-loss).exp())
            .metric("inverse.mean", mean_inverse)
            .metric_in("chance.loss", chance, "nats")
            .metric("chance.perplexity", self.vocab);
        if let Some(bytes) = self.bytes {
            report.metric_in("bits_per_byte", bits(total) / bytes as f64, "bits");
        }
        let names = (1..=n).map(|t| t.to_string()).collect();
        let series =
            vec![("−log₂ p".to_string(), surprise.iter().map(|s| bits(*s)).collect::<Vec<_>>())];
        report.figure(Figure::new(
            "surprise",
            format!("Surprise token by token: perplexity {}", number(loss.exp())),
            Axis::names("token t", names),
            Axis::new("−log₂ p (bits)"),
            Content::Bars(Bars { series }),
        ));
        Ok(report)
    }
}
