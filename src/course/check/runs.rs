//! Commands: each parses, runs, and gives the metrics that the lesson names.

use super::Desk;
use crate::course::lesson::{Expect, Step, Within};
use crate::course::once::Once;
use crate::course::problem::meant;
use crate::report::{Error, Lang, Report, Value, text};

/// Checks the commands of steps, claims and myths.
pub fn check(desk: &mut Desk, once: &Once) -> Result<(), Error> {
    let lesson = desk.lesson;
    for (i, step) in lesson.steps.iter().enumerate() {
        match step {
            Step::Run { run, .. } => {
                let path = format!("steps/{i}");
                report(desk, &path, run, once)?;
            }
            Step::Predict(predict) => {
                let path = format!("steps/{i}/predict");
                let measured = metric(desk, &path, &predict.run, &predict.metric, once)?;
                let whole = measured.is_none_or(|x| x.fract() == 0.0);
                if predict.within == Within::Absolute(0.0) && !whole {
                    desk.note(
                        &format!("{path}/within"),
                        text("no guess can be near enough", "任何预测都不可能足够接近"),
                        text("a distance that a good guess keeps", "请写一个好的预测能达到的误差"),
                    );
                }
            }
            Step::Say(_) | Step::Ask(_) => {}
        }
    }
    for (i, claim) in lesson.claims.iter().enumerate() {
        let expect = claim.expect.iter();
        expectations(desk, &format!("claims/{i}"), (&claim.run, claim.slow), expect, once)?;
    }
    for (i, myth) in lesson.myths.iter().enumerate() {
        if let Some(test) = &myth.test {
            let path = format!("myths/{i}");
            expectations(desk, &path, (&test.run, myth.slow), test.expect.iter(), once)?;
        }
    }
    Ok(())
}

fn expectations<'a>(
    desk: &mut Desk,
    path: &str,
    (run, slow): (&str, bool),
    expect: impl Iterator<Item = (&'a String, &'a Expect)>,
    once: &Once,
) -> Result<(), Error> {
    let expect: Vec<_> = expect.collect();
    if expect.is_empty() {
        desk.note_key(
            &format!("{path}/expect"),
            text("nothing is expected", "没有写期望值"),
            text(
                "name a metric: {minimum.x: {is: 1, within: 1%}}",
                "请写出指标：{minimum.x: {is: 1, within: 1%}}",
            ),
        );
    }
    if slow {
        // Too long to run here: `verify --all` finds a missing metric.
        parses(desk, path, run, once);
        return Ok(());
    }
    let Some(report) = report(desk, path, run, once)? else { return Ok(()) };
    for (name, expect) in expect {
        let key = format!("{path}/expect/{name}");
        let wants_text = matches!(expect, Expect::Text(_));
        match report.value(name) {
            None => missing(desk, &key, run, name, &report),
            Some(value) if matches!(value, Value::Text(_)) != wants_text => {
                let (what, mend) = if wants_text {
                    (
                        text("the metric is a number", "该指标是数"),
                        text("use is, above or below", "请用 is、above 或 below"),
                    )
                } else {
                    (
                        text("the metric is a word", "该指标是文字"),
                        text("use {text: …}", "请用 {text: …}"),
                    )
                };
                desk.note(&key, what, mend);
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks that a command gives a metric that is a number, and gives it.
pub fn metric(
    desk: &mut Desk,
    path: &str,
    run: &str,
    name: &str,
    once: &Once,
) -> Result<Option<f64>, Error> {
    let Some(report) = report(desk, path, run, once)? else { return Ok(None) };
    match report.value(name) {
        Some(Value::Number(x)) if !x.is_nan() => return Ok(Some(*x)),
        Some(_) => desk.note(
            &format!("{path}/metric"),
            text(
                format!("`{name}` of `{run}` is no number"),
                format!("`{run}` 的 `{name}` 不是数"),
            ),
            text("choose a metric that is a number", "请选一个数值指标"),
        ),
        None => missing(desk, &format!("{path}/metric"), run, name, &report),
    }
    Ok(None)
}

fn missing(desk: &mut Desk, path: &str, run: &str, name: &str, report: &Report) {
    let mend = meant(name, report.metrics.iter().map(|m| m.name.as_str()));
    desk.note_key(
        path,
        text(format!("`{run}` gives no metric `{name}`"), format!("`{run}` 没有给出指标 `{name}`")),
        mend,
    );
}

fn parses(desk: &mut Desk, path: &str, run: &str, once: &Once) -> bool {
    use crate::course::Runner;
    let Err(error) = once.check(run) else { return true };
    refused(desk, path, run, &error);
    false
}

fn report(
    desk: &mut Desk,
    path: &str,
    run: &str,
    once: &Once,
) -> Result<Option<std::rc::Rc<Report>>, Error> {
    if !parses(desk, path, run, once) {
        return Ok(None);
    }
    match once.report(run) {
        Ok(report) => Ok(Some(report)),
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => {
            refused(desk, path, run, &error);
            Ok(None)
        }
    }
}

fn refused(desk: &mut Desk, path: &str, run: &str, error: &Error) {
    desk.note(
        &format!("{path}/run"),
        text(format!("the command `{run}` fails"), format!("命令 `{run}` 出错")),
        text(error.line(Lang::En), error.line(Lang::Zh)),
    );
}
