//! `rope blanks`: the two rows of positions that GLM gives to a text with blanks, and RoPE with two
//! positions.

use super::common::{Head, dot, normal, turned};
use crate::experiments::{Context, params};
use crate::model::{Batch, Maker, Noise, Pretraining};
use crate::report::{Error, Report, Table, Text, number, text};

/// Words of the text at most.
const WORDS: usize = 40;

/// GLM's two position rows for a text with blanks; and half of a head turned by each ‖ GLM 填空的两行位置，以及用两行位置各旋转半个头
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "rope blanks\nrope blanks --spans 2\nrope blanks --text \"the cat sat on the mat\" --share 0.5"
)]
pub struct Blanks {
    /// The text; each word is a token ‖ 文本；每个词算一个 token
    #[arg(
        long,
        value_name = "WORDS",
        default_value = "the little fox found a kite and showed it to the cat"
    )]
    pub text: String,
    /// Share of the words that is hidden ‖ 被遮住的比例
    #[arg(long, value_name = "P", default_value = "0.4", value_parser = params::between(0.01, 0.9))]
    pub share: f64,
    /// How many blanks ‖ 挖几个空
    #[arg(long, value_name = "N", default_value = "2", value_parser = params::count(1, 10))]
    pub spans: usize,
    /// Width of a head; each row of positions turns half of it ‖ 头宽；每行位置旋转其中一半
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::even(4, 1024))]
    pub head_width: usize,
}

impl Blanks {
    /// Hides spans as the model's pretraining does and lists the positions.
    ///
    /// # Errors
    /// Bad input if the text is too short or too long, or a quarter of the head is no whole pair.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let words = params::words(&self.text, WORDS)?;
        if !self.head_width.is_multiple_of(4) {
            return Err(Error::input(text(
                format!("half of a head of {} is not made of pairs", self.head_width),
                format!("宽度 {} 的头，一半不能两两配对", self.head_width),
            ))
            .allowed(text("multiples of 4", "4 的倍数")));
        }
        let (maker, batch) = self.batch(&words, context);
        let rows: Vec<(u32, [u32; 2])> =
            batch.tokens.iter().copied().zip(batch.places.iter().copied()).collect();
        let mut report = Report::new(text("Two positions for each token", "每个 token 两个位置"));
        report.say(text(format!("The text: *{}*", self.text), format!("原文：*{}*", self.text)));
        let mut table = Table::new(text("What GLM reads", "GLM 读到的序列"))
            .words(Text::same("token"))
            .numbers(text("position 1: in the text", "位置 1：在文中"))
            .numbers(text("position 2: in the blank", "位置 2：在空内"))
            .words(text("asked to say", "要预测"));
        let name = |id: u32| {
            let word = || words.get(id as usize).map_or(String::new(), ToString::to_string);
            maker.special(id).unwrap_or_else(word)
        };
        for ((token, [one, two]), target) in rows.iter().zip(&batch.targets) {
            let asked = (*target != crate::math::loss::IGNORED).then(|| name(*target));
            table.row(vec![
                name(*token).into(),
                (*one as usize).into(),
                (*two as usize).into(),
                asked.unwrap_or_default().into(),
            ]);
        }
        report.table(table);
        measure(&mut report, &rows, words.len() as u32);
        self.turn(&mut report, context)?;
        Ok(report)
    }

    fn batch(&self, words: &[&str], context: &Context) -> (Maker, Batch) {
        let n = words.len();
        let hidden = (n as f64 * self.share).round().max(1.0);
        let noise = Noise { share: self.share, span: (hidden / self.spans as f64).max(1.0) };
        let aim = Pretraining::BlankInfilling;
        let mut maker = Maker { aim, length: n, vocab: n, noise };
        maker.length = n + 2 * maker.hidden(n).1;
        let mut batch = Batch::new(maker.length);
        let ids: Vec<u32> = (0..n as u32).collect();
        // the longest text that fits is this one, or another whose spans cost as much
        let ids = &ids[..maker.text().min(n)];
        maker.begin(&mut batch, 1);
        maker.push(&mut batch, ids, &mut context.rng(0));
        (maker, batch)
    }

    /// Half of a head turned by each row: the score knows both distances and nothing else.
    fn turn(&self, report: &mut Report, context: &Context) -> Result<(), Error> {
        let half = self.head_width / 2;
        let table = Head { head_width: half, base: 10_000.0 }.table::<f64>(2048, true)?;
        let mut rng = context.rng(1);
        let (q, k) = (normal(2 * half, &mut rng), normal(2 * half, &mut rng));
        let place = |x: &[f64], [one, two]: [usize; 2]| -> Vec<f64> {
            [turned(&table, &x[..half], one), turned(&table, &x[half..], two)].concat()
        };
        let score = |a, b| dot(&place(&q, a), &place(&k, b));
        let base = score([9, 3], [4, 1]);
        let both = (score([1009, 3], [1004, 1]) - base).abs();
        let inside = (score([9, 4], [4, 1]) - base).abs();
        report.metric("shift.difference", both).metric("second.difference", inside);
        report.say(text(
            format!(
                "With RoPE half of each head turns by the first position, half by the second. Moving both tokens by 1000 along the text changes a score by {}; \
                 moving one of them by 1 inside its blank changes it by {}. Both dimensions are places in a text: no image is anywhere in sight.",
                number(both), number(inside)
            ),
            format!(
                "用 RoPE 时，每个头的一半按第一个位置旋转，另一半按第二个位置旋转。两个 token 在文中一起平移 1000，分数只变 {}；其中一个在空内移动 1，分数就变 {}。两个维度都是文本里的位置，与图像无关。",
                number(both), number(inside)
            ),
        ));
        Ok(())
    }
}

fn measure(report: &mut Report, rows: &[(u32, [u32; 2])], vocab: u32) {
    let mask = |(token, _): &&(u32, [u32; 2])| *token == vocab;
    let start = |(token, _): &&(u32, [u32; 2])| *token == vocab + 1;
    let spans: Vec<_> = rows.iter().filter(start).collect();
    let masks: Vec<u32> = rows.iter().filter(mask).map(|(_, place)| place[0]).collect();
    let repeated = rows.iter().filter(|(_, [_, two])| *two > 0);
    let own = repeated.clone().filter(|(_, [one, _])| masks.contains(one)).count();
    report
        .metric("blanks", spans.len())
        .metric("tokens.in_blanks", repeated.clone().count())
        .metric("tokens.at_a_mask", own)
        .metric("first.largest", rows.iter().map(|(_, p)| p[0] as usize).max().unwrap_or(0))
        .metric("second.largest", rows.iter().map(|(_, p)| p[1] as usize).max().unwrap_or(0))
        .metric(
            "second.in_text",
            rows.iter()
                .take_while(|(t, _)| *t != vocab + 1)
                .map(|(_, p)| p[1] as usize)
                .max()
                .unwrap_or(0),
        );
    report.say(text(
        "Row 1: every token of a blank has the position of its [MASK]; the model is not told how long the blank is. Row 2: 0 in the text, then 1, 2, 3, … inside each blank.",
        "第 1 行：空里的每个 token 都用其 [MASK] 的位置，所以模型事先不知道空有多长。第 2 行：正文为 0，空内依次为 1、2、3、…",
    ));
}
