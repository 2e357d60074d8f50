//! `cache growth`: what memory does while a server answers, and after.

use ndarray_rand::rand::Rng;

use super::subject::{Subject, fits, tokens};
use crate::experiments::{Context, params};
use crate::model::Cache;
use crate::model::{Pass, Workspace};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// What memory does while sequences are generated, and after they end ‖ 生成过程中与结束之后，内存怎样变化
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "cache growth\ncache growth --requests 32 --page 64\ncache growth --model stories"
)]
pub struct Growth {
    /// Which model generates ‖ 由哪个模型生成
    #[command(flatten)]
    pub subject: Subject,
    /// Sequences that start together; they end at random lengths ‖ 同时开始的序列数；各在随机长度处结束
    #[arg(long, value_name = "N", default_value = "16", value_parser = params::count(1, 4096))]
    pub requests: usize,
    /// Tokens of a page, where the cache is kept in pages ‖ 分页缓存中每页的 token 数
    #[arg(long, value_name = "N", default_value = "16", value_parser = params::count(1, 8192))]
    pub page: usize,
}

/// Bytes at each step by policy.
#[derive(Default)]
struct Curves {
    /// Of tokens that are still needed.
    needed: Vec<(f64, f64)>,
    /// With room for a whole context of each sequence.
    reserved: Vec<(f64, f64)>,
    /// With pages that are taken as they fill.
    paged: Vec<(f64, f64)>,
    /// What the process holds: an allocator keeps freed pages for reuse.
    held: Vec<(f64, f64)>,
}

impl Growth {
    /// Fills a real cache and empties it; then follows many sequences by their lengths.
    ///
    /// # Errors
    /// If there is no such model, or it is asked to stop.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let model = self.subject.open(context)?;
        let config = &model.config;
        let limit = config.context;
        fits(&model, limit)?;
        let each = Cache::<f32>::bytes_per_token(config);
        // one real cache: filled, emptied, filled again
        let ids = tokens(&model, limit, context);
        let (mut cache, mut workspace) = (Cache::<f32>::new(config), Workspace::default());
        let mut real = Vec::new();
        for (what, fill) in [("before", 0), ("full", limit), ("emptied", 0), ("second", limit / 2)]
        {
            context.step(real.len(), 4, &text("filling a cache", "填充缓存"))?;
            cache.truncate(0, config);
            if fill > 0 {
                workspace.prepare(config, 1, fill);
                model.forward(&ids[..fill], &mut workspace, Some(&mut cache), Pass::default());
            }
            real.push((what, cache.length, cache.used(), cache.held()));
        }
        let curves = self.follow(limit, each, context)?;
        Ok(self.report(&real, &curves, limit, each))
    }

    fn follow(&self, limit: usize, each: f64, context: &Context) -> Result<Curves, Error> {
        let mut rng = context.rng(2);
        let ends: Vec<usize> = (0..self.requests).map(|_| rng.random_range(1..=limit)).collect();
        let (mut curves, mut most) = (Curves::default(), 0.0_f64);
        for step in 0..=limit + limit / 8 {
            context.step(step, limit, &text("following the sequences", "跟踪各序列"))?;
            let alive = ends.iter().filter(|end| **end >= step).count() as f64;
            let length = step.min(limit);
            let pages = (length.div_ceil(self.page) * self.page) as f64;
            let x = step as f64;
            let mb = each / 1e6;
            most = most.max(alive * pages * mb);
            curves.needed.push((x, alive * length as f64 * mb));
            curves.reserved.push((x, alive * limit as f64 * mb));
            curves.paged.push((x, alive * pages * mb));
            curves.held.push((x, most));
        }
        Ok(curves)
    }

    fn report(
        &self,
        real: &[(&str, usize, usize, usize)],
        curves: &Curves,
        limit: usize,
        each: f64,
    ) -> Report {
        let mut report = Report::new(text("Memory while tokens are generated", "生成时的内存"));
        let mut table = Table::new(text("One real cache of this lab", "本程序的一个真实缓存"))
            .words(text("when", "时刻"))
            .numbers(text("tokens in it", "其中的 token 数"))
            .numbers(text("bytes used", "已用字节"))
            .numbers(text("bytes held", "占有字节"));
        for (what, length, used, held) in real {
            let words: Text = match *what {
                "before" => text("before the first token", "第一个 token 之前"),
                "full" => text("the context is full", "上下文已满"),
                "emptied" => text("the sequence has ended", "序列结束之后"),
                _ => text("a second sequence, half as long", "第二条序列，一半长"),
            };
            table.row(vec![words.into(), (*length).into(), (*used).into(), (*held).into()]);
            report.metric_in(format!("{what}.used"), *used, "bytes");
            report.metric_in(format!("{what}.held"), *held, "bytes");
        }
        let peak = |curve: &[(f64, f64)]| curve.iter().map(|p| p.1).fold(0.0, f64::max);
        let end = |curve: &[(f64, f64)]| curve.last().map_or(0.0, |p| p.1);
        let [needed, reserved, paged] =
            [&curves.needed, &curves.reserved, &curves.paged].map(|c| peak(c));
        let area = |curve: &[(f64, f64)]| curve.iter().map(|p| p.1).sum::<f64>();
        let share = |curve: &[(f64, f64)]| 100.0 * area(&curves.needed) / area(curve);
        report
            .metric_in("bytes.per_token", each, "bytes")
            .metric_in("peak.needed", needed, "MB")
            .metric_in("peak.reserved", reserved, "MB")
            .metric_in("peak.paged", paged, "MB")
            .metric_in("end.needed", end(&curves.needed), "MB")
            .metric_in("end.held", end(&curves.held), "MB")
            .metric_in("used.reserved", share(&curves.reserved), "%")
            .metric_in("used.paged", share(&curves.paged), "%");
        report.say(text(
            format!(
                "Weights are constant and activations of one token are small; what grows is the cache: {} bytes for each token of each sequence. When sequences end, the tokens are gone but the memory is not given back: the process keeps it for the next request, as the table shows for a real cache and the upper line for {} sequences. Room for a whole context of {limit} from the start is used to {} % on average, pages of {} tokens to {} % (paged attention: Kwon et al. 2023).",
                number(each), self.requests, number(share(&curves.reserved)), self.page, number(share(&curves.paged))
            ),
            format!(
                "权重不变，单个 token 的激活值也很小；增长的是缓存：每条序列每个 token {} 字节。序列结束后 token 没了，内存却没有归还：进程把它留给下一个请求，表中的真实缓存与图中 {} 条序列的上方曲线都是如此。一开始就为整个上下文 {limit} 预留，平均只用到 {} %；每页 {} 个 token 的分页缓存则用到 {} %（PagedAttention：Kwon et al. 2023）。",
                number(each), self.requests, number(share(&curves.reserved)), self.page, number(share(&curves.paged))
            ),
        ));
        report.table(table);
        let series = vec![
            Series::new("reserved: a whole context each", curves.reserved.clone()),
            Series::new("held by the process, paged", curves.held.clone()).stroke(Stroke::Dashed),
            Series::new(format!("pages of {}", self.page), curves.paged.clone()),
            Series::new("needed", curves.needed.clone()),
        ];
        report.figure(Figure::new(
            "growth",
            format!("KV cache of {} sequences, {}", self.requests, self.subject.name()),
            Axis::new("step (tokens generated by each)"),
            Axis::new("memory (MB)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        report
    }
}
