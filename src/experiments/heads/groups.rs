//! `heads groups`: MHA, GQA and MQA by one code path, held against each written out by itself.

use ndarray::{Array2, Axis, Slice, concatenate};
use ndarray_rand::rand::Rng;

use crate::experiments::{Context, params};
use crate::math::attention::{Heads, Mask, Scratch, attend, forward};
use crate::math::linear::xavier;
use crate::math::product::Matrix;
use crate::model::Config;
use crate::report::{
    Axis as Place, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, number, text,
};

/// One attention with fewer and fewer key and value heads ‖ 同一个注意力，KV 头越来越少
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "heads groups\nheads groups --heads 32 --kv-heads 32 8 2 1 --d-model 128")]
pub struct Groups {
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(1, 1024))]
    pub d_model: usize,
    /// Query heads ‖ 查询头数
    #[arg(long, value_name = "H", default_value = "8", value_parser = params::count(1, 128))]
    pub heads: usize,
    /// Key and value heads: h is MHA, 1 is MQA ‖ KV 头数：h 为 MHA，1 为 MQA
    #[arg(long, value_name = "G", num_args = 1.., default_values = ["8", "4", "2", "1"], value_parser = params::count(1, 128))]
    pub kv_heads: Vec<usize>,
    /// Tokens that attend ‖ 参与计算的 token 数
    #[arg(long, value_name = "T", default_value = "16", value_parser = params::count(1, 512))]
    pub tokens: usize,
    /// Bytes of a number in the cache: 4, 2, 1 ‖ 缓存中每个数的字节数：4、2、1
    #[arg(long, value_name = "N", default_value = "2", value_parser = params::count(1, 8))]
    pub bytes: usize,
}

/// The weights of an attention layer with some key and value heads, and what it reads.
struct Layer {
    heads: usize,
    kv_heads: usize,
    width: usize,
    q: Array2<f64>,
    k: Array2<f64>,
    v: Array2<f64>,
}

impl Groups {
    /// Attends with each number of key and value heads.
    ///
    /// # Errors
    /// Bad input if the heads do not divide each other or the width.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let width = Config::width_of_heads(self.d_model, self.heads)?;
        let groups = params::distinct(&self.kv_heads);
        for kv in &groups {
            Config::groups_of_heads(self.heads, *kv)?;
        }
        let mut report = Report::new(text("MHA, GQA, MQA", "MHA、GQA、MQA"));
        report.formula("head i uses the keys and values of group ⌊i / (h/g)⌋\ncache per token and layer: 2 · g · d_h numbers");
        let mut table = Table::new(text(
            format!("h = {} query heads of width {width}", self.heads),
            format!("h = {} 个查询头，宽度 {width}", self.heads),
        ))
        .numbers(text("KV heads g", "KV 头数 g"))
        .words(text("name", "名称"))
        .numbers(text("parameters", "参数量"))
        .numbers(text("cache (bytes per token, layer)", "缓存（字节 / token / 层）"))
        .numbers(text("of MHA", "相对 MHA"))
        .numbers(text("against it written out", "与单独写出的实现之差"));
        let mut worst: f64 = 0.0;
        for (i, kv) in groups.iter().enumerate() {
            context.step(i, groups.len(), &text("attending", "计算注意力"))?;
            let layer = self.layer(*kv, width, &mut context.rng(0));
            let ours = layer.attend();
            let difference = |other: Array2<f64>| {
                (other - &ours).iter().fold(0.0, |most: f64, e| most.max(e.abs()))
            };
            let error = difference(layer.written_out());
            let repeated = difference(layer.repeated().attend());
            let d = self.d_model;
            let parameters = 2 * d * self.heads * width + 2 * d * kv * width;
            let cache = 2 * kv * width * self.bytes;
            let share = *kv as f64 / self.heads as f64;
            table.row(vec![
                (*kv).into(),
                name(*kv, self.heads).into(),
                parameters.into(),
                cache.into(),
                share.into(),
                error.into(),
            ]);
            report.metric(format!("g{kv}.parameters"), parameters);
            report.metric_in(format!("g{kv}.cache"), cache, "bytes");
            report.metric(format!("g{kv}.cache.divisor"), share.recip());
            report.metric(format!("g{kv}.error"), error);
            report.metric(format!("g{kv}.repeated.error"), repeated);
            worst = worst.max(error).max(repeated);
        }
        report.table(table);
        report.metric("error.largest", worst);
        report.say(text(
            format!(
                "One function computes all rows. With g = h it is multi-head attention, with g = 1 multi-query, and with any g it is multi-head attention whose keys and values are repeated h/g times: the largest difference is {}.",
                number(worst)
            ),
            format!(
                "所有行都由同一个函数算出。g = h 就是多头注意力，g = 1 就是多查询；任意 g 都等价于把 K、V 重复 h/g 次的多头注意力：最大差异 {}。",
                number(worst)
            ),
        ));
        report.figure(self.picture(&groups));
        Ok(report)
    }

    /// Queries, keys and values of random tokens. The queries are the same whatever the groups are.
    fn layer(&self, kv_heads: usize, width: usize, rng: &mut impl Rng) -> Layer {
        let d = self.d_model;
        let x: Array2<f64> = xavier(self.tokens, d, (d as f64).sqrt(), rng); // (T, d)
        let mut map = |columns: usize| x.dot(&xavier(d, columns, 1.0, rng)); // (T, columns)
        let q = map(self.heads * width);
        let (k, v) = (map(kv_heads * width), map(kv_heads * width));
        Layer { heads: self.heads, kv_heads, width, q, k, v }
    }

    /// Which query head uses which keys and values.
    fn picture(&self, groups: &[usize]) -> Figure {
        let panel = |kv: &usize| {
            let each = self.heads / kv;
            let cell = |g: usize, h: usize| if h / each == g { (g % 8) as f64 } else { f64::NAN };
            let row = |g| (0..self.heads).map(|h| cell(g, h)).collect();
            let names = |n: usize| (1..=n).map(|i| i.to_string()).collect();
            Panel {
                title: format!("g = {kv}: {}", name(*kv, self.heads)),
                x: Place::names("query head", names(self.heads)),
                y: Place::names("KV head", names(*kv)),
                content: Content::Heatmap(Heatmap {
                    values: (0..*kv).map(row).collect(),
                    palette: Palette::Categories(Vec::new()),
                    unit: String::new(),
                    show_values: false,
                }),
            }
        };
        let title = "Which query head reads which keys and values";
        let shown: Vec<Panel> = groups.iter().take(8).map(panel).collect();
        Figure::grid("groups", title, shown.len().min(4), shown)
    }
}

fn name(kv: usize, heads: usize) -> &'static str {
    match kv {
        _ if kv == heads => "MHA",
        1 => "MQA",
        _ => "GQA",
    }
}

impl Layer {
    /// What the Transformer's attention gives, `(T, h·d_h)`.
    fn attend(&self) -> Array2<f64> {
        let (n, wide) = self.q.dim();
        let rule = Heads {
            heads: self.heads,
            kv_heads: self.kv_heads,
            width: self.width,
            scale: 1.0 / (self.width as f64).sqrt(),
            mask: Mask::Causal,
            first: 0,
            relative: None,
        };
        let narrow = self.kv_heads * self.width;
        let rows = |a: &Array2<f64>| a.iter().copied().collect::<Vec<_>>();
        let (q, k, v) = (rows(&self.q), rows(&self.k), rows(&self.v));
        let (mut out, mut logs) = (vec![0.0; n * wide], vec![0.0; n * self.heads]);
        forward(
            &rule,
            Matrix::new(&q, wide),
            Matrix::new(&k, narrow),
            Matrix::new(&v, narrow),
            &mut out,
            &mut logs,
            &mut Scratch::default(),
        );
        Array2::from_shape_fn((n, wide), |(i, j)| out[i * wide + j]) // (T, h·d_h)
    }

    /// The same head by head with the formula of a single one: group by group, `softmax(QKᵀ/√d_h)V`.
    fn written_out(&self) -> Array2<f64> {
        let part = |a: &Array2<f64>, i: usize| {
            let columns = Slice::from(i * self.width..(i + 1) * self.width);
            a.slice_axis(Axis(1), columns).to_owned()
        };
        let each = self.heads / self.kv_heads;
        let mut out = Vec::with_capacity(self.heads);
        for group in 0..self.kv_heads {
            let (k, v) = (part(&self.k, group), part(&self.v, group)); // (T, d_h)
            for head in group * each..(group + 1) * each {
                let q = part(&self.q, head); // (T, d_h)
                out.push(attend(q.view(), k.view(), v.view(), Mask::Causal).0);
            }
        }
        let views: Vec<_> = out.iter().map(|a| a.view()).collect();
        concatenate(Axis(1), &views).unwrap_or_default() // (T, h·d_h)
    }

    /// Multi-head attention whose keys and values are those of the groups, repeated.
    fn repeated(&self) -> Self {
        let each = self.heads / self.kv_heads;
        let column = |j: usize| j / self.width / each * self.width + j % self.width;
        let wide =
            |a: &Array2<f64>| Array2::from_shape_fn(self.q.dim(), |(i, j)| a[[i, column(j)]]);
        Self {
            kv_heads: self.heads,
            q: self.q.clone(),
            k: wide(&self.k),
            v: wide(&self.v),
            heads: self.heads,
            width: self.width,
        }
    }
}
