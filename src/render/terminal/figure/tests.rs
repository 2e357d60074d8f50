//! Figures of every kind in characters: as snapshots without colour, and under bad data.

use super::*;
use crate::render::samples;

fn plain(figure: &Figure, width: usize) -> String {
    super::figure(figure, &Style { lang: Lang::En, color: false, true_color: false, width })
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [1, 10, 24, 37, 80, 200] {
        for figure in samples::all().iter().chain(&samples::hostile()) {
            for line in plain(figure, width).lines() {
                assert!(wrap::width(line) <= width.max(2), "{width}: {line:?}");
            }
        }
    }
}

#[test]
fn colour_changes_no_layout() {
    let strip = |text: &str| {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\x1b') {
            out += before;
            rest = after.split_once('m').unwrap().1;
        }
        out + rest
    };
    for figure in samples::all().iter().chain(&samples::hostile()) {
        let colored = super::figure(
            figure,
            &Style { lang: Lang::Zh, color: true, true_color: false, width: 60 },
        );
        assert!(strip(&colored).lines().all(|l| wrap::width(l) <= 60), "{}", figure.title);
        assert!(!plain(figure, 60).contains('\x1b'));
    }
}

#[test]
fn escape_sequences_in_words_are_dropped() {
    let mut figure = samples::bars();
    figure.title = "\x1b[2Jtitle".to_string();
    figure.panels[0].x.names[0] = "\x1b]0;name\x07".to_string();
    let drawn = plain(&figure, 80);
    assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'));
    assert!(drawn.contains("[2Jtitle"));
}

#[test]
fn curves_without_colour_have_letters() {
    insta::assert_snapshot!(plain(&samples::curves(), 60), @r#"
        Swish for three values of β
        f(x)
          │                                                     xx
          │                                                   xxx*
        4 ┤                                                xxx+**
          │                                             xxxx**
          │                                          xxxx**
          │                                       xxxx+**
        2 ┤                                    xxxx+**
          │                                 xxxx+**
          │                               xxx++*
          │                            xxx++
        0 ┤xxxxxxxxxxxxxxxxxxxx●xxxxxx●o┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
          │    *********●****** (−1.278, −0.278)
          └─────┬──────────┬──────────┬──────────┬──────────┬─────
               −4         −2          0          2          4
                                      x
          ● (−2.557, −0.557)  ● 0
          * Swish β = 0.5  + Swish β = 1  o Swish β = 10  x
             ReLU
        "#);
}

#[test]
fn heatmap_without_colour_is_shaded() {
    insta::assert_snapshot!(plain(&samples::attention(), 60), @r#"
        Causal attention of one head
        query
            The ██
            cat ░░██
            sat ░░░░██
             on ··░░░░██
            the ····░░░░██
            mat ░░····░░░░██
        because ··░░····░░░░██
             it ····░░····░░░░██
            was ······░░····░░░░██
           very ········░░····░░░░██
          tired ░░········░░····░░░░██
             of ··░░········░░····░░░░██
        running ····░░········░░····░░░░██
         uphill ······░░········░░····░░░░██
          today ········░░········░░····░░░░██
                T c s o t m b i w v t o r u t
                h a a n h a e t a e i f u p o
                e t t   e t c   s r r   n h d
                            a     y e   n i a
                            u       d   i l y
                            s           n l
                            e           g
                             key
          0.07 ····░░░░▒▒▒▒▓▓▓▓████ 1.40  attention weight
        "#);
    insta::assert_snapshot!(plain(&samples::signed(), 60), @r#"
        A batch before the norm
        token
        0  −1.90  −1.73  −1.56  −1.38  −1.21  −1.04
        1  −0.86  −0.69  −0.52  −0.35  −0.17      0
        2   0.17   0.35   0.52   0.69   0.86   1.04
        3   1.21   1.38   1.56   1.73   1.90   2.08
             0      1      2      3      4      5
                           feature
          −2.08 ██▓▓▒▒░░····░░▒▒▓▓██ 2.08  activation
        "#);
}

#[test]
fn bars_lie_beside_their_names() {
    insta::assert_snapshot!(plain(&samples::bars(), 60), @r#"
        Where the parameters are
          LLaMA 7B ▎ 2.1
                   ▒ 4.3

         LLaMA 13B ▌ 4.2
                   ▒ 8.5

         PaLM 540B ████████████▎ 118
                   ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 403

        GPT-3 175B ██████ 57.9
                   ▒▒▒▒▒▒▒▒▒▒▒▒▒ 115.9
                   parameters (10⁹)
          █ attention  ▒ feed-forward
        "#);
}

#[test]
fn one_histogram_stands_in_blocks() {
    let mut figure = samples::histogram();
    if let Content::Histogram(histogram) = &mut figure.panels[0].content {
        histogram.series.truncate(1);
    }
    insta::assert_snapshot!(plain(&figure, 60), @r#"
        Activations
        count
            │                         ████
        300 ┤                       ▄▄████▄▄
            │                       ████████
            │                       ████████▃
        200 ┤                      ▇█████████
            │                      ██████████
            │                    ▆▆██████████▆▆
            │                  ▁▁██████████████▁▁
        100 ┤                  ██████████████████
            │                ▁▁██████████████████▄▄
            │▁▁▁▁▁▁  ▁▁▁▁▁▄▄▇██████████████████████▇▄▄▁▁▁▁▁  ▁▁▁▁▁
          0 ┤██████▇▇██████████████████████████████████████▇▇█████
            └┬──────────┬──────────┬──────────┬──────────┬────────
           −5.0       −2.5         0         2.5        5.0
                                  activation
          █ before LayerNorm
        "#);
}

#[test]
fn a_key_that_panels_share_is_written_once() {
    let drawn = plain(&samples::axes(), 60);
    assert_eq!(drawn.matches("█ averaged").count(), 1);
}
