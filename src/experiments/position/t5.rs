//! `position t5`: which learned bias a distance gets in T5.

use super::{Map, map};
use crate::experiments::{Context, params};
use crate::math::position::t5_bucket;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Palette, Panel, Report, Series, Table, text,
};

/// T5's buckets: one bias each for near distances, logarithmic steps for far ones ‖ T5 分桶：近处每个距离一个偏置，远处按对数合并
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "position t5\nposition t5 --causal --distance 20\nposition t5 --buckets 16 --farthest 64"
)]
pub struct T5 {
    /// Biases of a head ‖ 每个头的偏置个数
    #[arg(long, value_name = "N", default_value = "32", value_parser = params::count(4, 512))]
    pub buckets: usize,
    /// The distance from which on all share the last bucket ‖ 从这个距离起共用最后一个桶
    #[arg(long, value_name = "N", default_value = "128", value_parser = params::count(2, 100_000))]
    pub farthest: usize,
    /// A decoder: all buckets look back ‖ 解码器：所有桶都给过去
    #[arg(long)]
    pub causal: bool,
    /// A distance to look up: key after the query if positive, before it if negative ‖ 要查的距离 j − i：正数表示键在查询之后，负数表示在之前
    #[arg(long, value_name = "N", default_value = "-20", allow_negative_numbers = true, value_parser = distance)]
    pub distance: i64,
}

fn distance(word: &str) -> Result<i64, String> {
    match word.parse::<i64>() {
        Ok(n) if n.abs() <= 1_000_000 => Ok(n),
        _ => {
            Err("a whole number from -1,000,000 to 1,000,000 ‖ -1,000,000 到 1,000,000 之间的整数"
                .to_string())
        }
    }
}

impl T5 {
    /// Sorts distances into buckets.
    ///
    /// # Errors
    /// Bad input if the buckets reach farther than the distances.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let side = if self.causal { self.buckets } else { self.buckets / 2 };
        let exact = side / 2;
        if self.farthest <= exact {
            return Err(Error::input(text(
                format!(
                    "{exact} distances have a bucket of their own, more than --farthest {}",
                    self.farthest
                ),
                format!("有 {exact} 个距离独占一桶，多于 --farthest {}", self.farthest),
            ))
            .allowed(text(format!("--farthest above {exact}"), format!("--farthest 大于 {exact}")))
            .example("llm-lab position t5 --buckets 32 --farthest 128"));
        }
        let bucket = |offset: isize| t5_bucket(offset, self.buckets, self.farthest, self.causal);
        let mut report = Report::new(text("T5's relative buckets", "T5 的相对位置分桶"));
        report.formula("score(i, j) = qᵢ·kⱼ + b[bucket(j − i)]");
        let mut table = Table::new(text("Who shares a bias", "哪些距离共用一个偏置"))
            .numbers(text("bucket", "桶"))
            .words(text("distances j − i", "距离 j − i"));
        let reach = self.farthest as isize + 1;
        let offsets: Vec<isize> = (-reach..=if self.causal { 0 } else { reach }).collect();
        let mut used = 0;
        for b in 0..self.buckets {
            let mut inside = offsets.iter().filter(|o| bucket(**o) == b);
            let Some(first) = inside.next() else { continue };
            let last = inside.next_back().unwrap_or(first);
            used += 1;
            let span = match (*first == -reach, *last == reach) {
                (true, _) => format!("… {last}"),
                (_, true) => format!("{first} …"),
                _ if first == last => first.to_string(),
                _ => format!("{first} … {last}"),
            };
            table.row(vec![b.into(), span.into()]);
        }
        let far = (1..=reach).find(|r| bucket(-*r) == bucket(-reach)).unwrap_or(reach);
        let at = bucket(self.distance as isize);
        let shared = offsets.iter().filter(|o| bucket(**o) == at).count();
        report.say(text(
            format!(
                "Distances below {exact} have a bias of their own, the rest share {} a side on a logarithmic scale, the last of them from {far} on: \
                 a head has {} numbers, whatever the length. Distance {} gets bucket {at}.",
                side - exact, self.buckets, self.distance
            ),
            format!(
                "小于 {exact} 的距离各有一个偏置，更远的按对数刻度共用 {} 个（每一侧），从 {far} 起共用最后一个：无论序列多长，每个头只有 {} 个数。距离 {} 落在第 {at} 桶。",
                side - exact, self.buckets, self.distance
            ),
        ));
        report.table(table);
        report
            .metric("bucket", at)
            .metric("bucket.shared_by", shared)
            .metric("exact", exact)
            .metric("used", used)
            .metric("biases", self.buckets);
        report.metric("last.from", far as usize);
        report.figure(self.picture(&offsets));
        Ok(report)
    }

    fn picture(&self, offsets: &[isize]) -> Figure {
        let n = (self.farthest / 2).clamp(8, 96);
        let bucket = |o: isize| t5_bucket(o, self.buckets, self.farthest, self.causal) as f64;
        let seen = |i: usize, j: usize| match self.causal && j > i {
            true => f64::NAN,
            false => bucket(j as isize - i as isize),
        };
        let about = Map {
            title: "bucket of each pair",
            axes: ("key j", "query i"),
            unit: "bucket",
            palette: Palette::Sequential,
        };
        let points = offsets.iter().map(|o| (*o as f64, bucket(*o))).collect();
        let panels = vec![
            Panel {
                title: "bucket by distance".to_string(),
                x: Axis::new("distance j − i"),
                y: Axis::new("bucket"),
                content: Content::Lines(Lines {
                    series: vec![Series::new("bucket", points)],
                    markers: Vec::new(),
                }),
            },
            map(about, (n, n), seen),
        ];
        Figure::grid("buckets", "T5: exact near by, logarithmic far away", 2, panels)
    }
}
