//! `quality curve`: share of valid sentences against variety, strategy by strategy.

use crate::corpus::judge::{Judgement, judge};
use crate::corpus::stories::Stories;
use crate::experiments::method::Method;
use crate::experiments::teller::Teller;
use crate::experiments::{Context, params};
use crate::math::ngrams::distinct;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Report, Series, Stroke, Table, number, text,
};

/// Share of valid sentences against distinct-n: temperature, top-k, top-p, min-p, greedy ‖ 合法句子占比与 distinct-n 的关系：温度、top-k、top-p、min-p、贪心
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "quality curve\nquality curve --stories 40\nquality curve --heat 1.5\nquality curve --strategies greedy sampling temperature=0.5,top-k=3"
)]
pub struct Curve {
    /// Strategies in place of the sweeps ‖ 指定策略，代替默认的扫描
    #[arg(long, value_name = "STRATEGY", num_args = 1..)]
    pub strategies: Vec<Method>,
    /// The temperature under which top-k, top-p and min-p are swept ‖ 扫描 top-k、top-p、min-p 时的温度
    #[arg(long, value_name = "T", default_value = "1", value_parser = crate::experiments::strategy::temperature)]
    pub heat: f64,
    /// The folder of the model; stories is the one that the lab carries ‖ 模型所在文件夹；stories 是自带的模型
    #[arg(long, value_name = "DIR", default_value = "stories")]
    pub model: String,
    /// How many stories each strategy tells ‖ 每种策略讲多少个故事
    #[arg(long, value_name = "N", default_value = "12", value_parser = params::count(1, 1000))]
    pub stories: usize,
    /// The n of distinct-n ‖ distinct-n 的 n
    #[arg(long, value_name = "N", default_value = "4", value_parser = params::count(1, 20))]
    pub n: usize,
}

/// The swept families with their values.
const SWEEPS: [(&str, &[&str]); 4] = [
    ("temperature", &["0.3", "0.6", "1", "1.4", "2"]),
    ("top-k", &["1", "2", "4", "16"]),
    ("top-p", &["0.3", "0.6", "0.8", "0.95"]),
    ("min-p", &["0.5", "0.2", "0.05", "0.01"]),
];
/// More tokens no story has.
const LONGEST: usize = 110;

/// The names of the families, and the strategies, each with its family.
type Swept = (Vec<String>, Vec<(usize, Method)>);

/// One strategy's stories, measured.
struct Point {
    family: usize,
    name: String,
    key: String,
    judged: Judgement,
    distinct: f64,
}

impl Curve {
    /// Tells stories with each strategy.
    ///
    /// # Errors
    /// If there is no such model.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let teller = Teller::open(context, &self.model)?;
        let (families, methods) = self.methods()?;
        let mut points = vec![self.truth(&teller, families.len(), context)?];
        for (i, (family, method)) in methods.iter().enumerate() {
            points.push(self.point(&teller, *family, method, (i, methods.len()), context)?);
        }
        let mut report = Report::new(text("Quality against diversity", "质量与多样性"));
        report.formula("quality = valid sentences / sentences   ·   diversity = different n-grams / n-grams, over all stories");
        let mut table = Table::new(text(
            format!("{} stories of each strategy", self.stories),
            format!("每种策略 {} 个故事", self.stories),
        ))
        .words(text("strategy", "策略"))
        .numbers(text("sentences", "句子数"))
        .numbers(text("valid sentences", "合法句子"))
        .numbers(text("whole stories right", "整篇合法"))
        .numbers(text(format!("distinct-{}", self.n), format!("distinct-{}", self.n)));
        for p in &points {
            let whole = p.judged.right_stories as f64 / self.stories as f64;
            table.row(vec![
                p.name.clone().into(),
                p.judged.sentences.len().into(),
                p.judged.valid().into(),
                whole.into(),
                p.distinct.into(),
            ]);
            report.metric(format!("{}.valid", p.key), p.judged.valid());
            report.metric(format!("{}.whole", p.key), whole);
            report.metric(format!("{}.distinct", p.key), p.distinct);
        }
        report.table(table);
        report.figure(self.picture(&families, &points));
        let real = points[0].distinct;
        report.say(text(
            format!("As many true stories have a distinct-{} of {}, all sentences valid: above and to the right of every point would be better than the source.", self.n, number(real)),
            format!("同样多的真实故事 distinct-{} 为 {}，句子全部合法：没有策略能同时在两方面超过数据本身。", self.n, number(real)),
        ));
        Ok(report)
    }

    /// The names of the families, and the strategies each with its family.
    fn methods(&self) -> Result<Swept, Error> {
        let named = |word: &str| {
            word.parse::<Method>()
                .map_err(|_| Error::input(text(word.to_string(), word.to_string())))
        };
        if !self.strategies.is_empty() {
            let names = self.strategies.iter().map(|m| m.name.clone()).collect();
            return Ok((names, self.strategies.iter().cloned().enumerate().collect()));
        }
        let mut families = vec!["greedy".to_string()];
        let mut methods = vec![(0, named("greedy")?)];
        for (family, values) in SWEEPS {
            for value in values {
                let heat = (self.heat != 1.0 && family != "temperature")
                    .then(|| format!(",temperature={}", self.heat));
                let word = format!("{family}={value}{}", heat.unwrap_or_default());
                methods.push((families.len(), named(&word)?));
            }
            families.push(family.to_string());
        }
        Ok((families, methods))
    }

    /// True stories, as many.
    fn truth(&self, teller: &Teller, family: usize, context: &Context) -> Result<Point, Error> {
        let mut rng = context.rng(1000);
        let stories: Vec<String> =
            (0..self.stories).map(|_| Stories.story(&mut rng).0 + "\n").collect();
        let tokens: Vec<Vec<u32>> =
            stories.iter().map(|s| teller.tokenizer.encode(s)).collect::<Result<_, _>>()?;
        let mut judged = Judgement::default();
        stories.iter().for_each(|s| judged.add(judge(s)));
        Ok(self.measured(family, ("true stories", "truth"), judged, &tokens))
    }

    fn point(
        &self,
        teller: &Teller,
        family: usize,
        method: &Method,
        done: (usize, usize),
        context: &Context,
    ) -> Result<Point, Error> {
        let start = teller.read("\\n")?;
        let stop = start.last().copied();
        let what = text(format!("telling: {}", method.name), format!("讲故事：{}", method.name));
        let mut judged = Judgement::default();
        let mut tokens = Vec::new();
        for i in 0..self.stories {
            let at = |_| context.step(done.0 * self.stories + i, done.1 * self.stories, &what);
            let mut rng = context.rng(i as u64);
            let told = teller.tell(&start, LONGEST, stop, method, &mut rng, at)?;
            judged.add(judge(&teller.words(&told.tokens)));
            tokens.push(told.tokens);
        }
        Ok(self.measured(family, (&method.name, &method.key()), judged, &tokens))
    }

    fn measured(
        &self,
        family: usize,
        name: (&str, &str),
        judged: Judgement,
        tokens: &[Vec<u32>],
    ) -> Point {
        let texts: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
        let share = distinct(&texts, self.n);
        let distinct = if share.is_nan() { 0.0 } else { share };
        Point { family, name: name.0.to_string(), key: name.1.to_string(), judged, distinct }
    }

    fn picture(&self, families: &[String], points: &[Point]) -> Figure {
        let names = families.iter().map(String::as_str).chain(["true stories"]);
        let (mut series, mut markers) = (Vec::new(), Vec::new());
        for (family, name) in names.enumerate() {
            let own = points.iter().filter(|p| p.family == family);
            let mut line: Vec<(f64, f64)> = Vec::new();
            for p in own {
                line.push((p.distinct, p.judged.valid()));
                let label = p.name.split(',').next().and_then(|n| n.split_once('='));
                if let Some((_, value)) = label {
                    let (x, y) = (p.distinct, p.judged.valid());
                    markers.push(Marker { x, y, label: value.to_string(), series: family });
                }
            }
            line.sort_by(|a, b| a.0.total_cmp(&b.0));
            series.push(Series::new(name, line).stroke(Stroke::Dotted));
        }
        Figure::new(
            "curve",
            "Quality against diversity",
            Axis::new(format!("diversity: distinct-{} over all stories", self.n)),
            Axis::new("quality: share of valid sentences"),
            Content::Lines(Lines { series, markers }),
        )
    }
}
