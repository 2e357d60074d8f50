//! The picture inside the terminal: the escape sequences of three graphics protocols, and which one
//! a terminal understands, judged by its environment. Where none is known the figure is drawn with
//! block characters by [`super::terminal::figure()`].

mod sixel;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How a terminal shows a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The graphics protocol of kitty, also of Ghostty and Konsole.
    Kitty,
    /// The inline images of iTerm2, also of WezTerm and mintty.
    Iterm,
    /// Sixel: foot, mlterm, contour.
    Sixel,
    /// None: block characters.
    Blocks,
}

impl Protocol {
    /// Judges by environment variables, given as a lookup so that a test can invent them. Inside tmux
    /// and screen, which swallow pictures, it is always blocks.
    ///
    /// ```
    /// use llm_lab::render::inline::Protocol;
    /// let kitty = |name: &str| (name == "TERM").then(|| "xterm-kitty".to_string());
    /// assert_eq!(Protocol::detect(kitty), Protocol::Kitty);
    /// ```
    pub fn detect(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| lookup(name).unwrap_or_default();
        let set = |name: &str| !get(name).is_empty();
        let (term, program) = (get("TERM"), get("TERM_PROGRAM"));
        if set("TMUX") || set("STY") || term.starts_with("tmux") || term.starts_with("screen") {
            return Self::Blocks;
        }
        if ["WezTerm", "iTerm.app", "mintty"].contains(&program.as_str())
            || set("WEZTERM_PANE")
            || get("LC_TERMINAL") == "iTerm2"
        {
            return Self::Iterm;
        }
        if set("KITTY_WINDOW_ID")
            || set("KONSOLE_VERSION")
            || program == "ghostty"
            || term.contains("kitty")
            || term.contains("ghostty")
        {
            return Self::Kitty;
        }
        if ["foot", "mlterm", "yaft", "contour"].iter().any(|name| term.starts_with(name))
            || term.contains("sixel")
        {
            return Self::Sixel;
        }
        Self::Blocks
    }
}

/// The escape sequence that shows a PNG over at most `columns` columns, with a line break after it.
/// `None` for [`Protocol::Blocks`], and for bytes that are no PNG.
pub fn encode(protocol: Protocol, png: &[u8], columns: usize) -> Option<String> {
    let columns = columns.max(1);
    match protocol {
        Protocol::Kitty => Some(kitty(png, columns)),
        Protocol::Iterm => Some(iterm(png, columns)),
        Protocol::Sixel => sixel::encode(png, columns),
        Protocol::Blocks => None,
    }
}

/// Kitty takes base64 in chunks of at most 4096 bytes; `q=2` asks it not to answer.
fn kitty(png: &[u8], columns: usize) -> String {
    const CHUNK: usize = 4096 / 4 * 3;
    let mut out = String::new();
    let mut chunks = png.chunks(CHUNK).peekable();
    let mut head = format!("a=T,f=100,q=2,c={columns},");
    while let Some(chunk) = chunks.next() {
        let more = u8::from(chunks.peek().is_some());
        out += &format!("\x1b_G{head}m={more};{}\x1b\\", STANDARD.encode(chunk));
        head.clear();
    }
    out + "\n"
}

fn iterm(png: &[u8], columns: usize) -> String {
    let size = png.len();
    let data = STANDARD.encode(png);
    format!(
        "\x1b]1337;File=inline=1;size={size};width={columns};preserveAspectRatio=1:{data}\x07\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> Protocol {
        Protocol::detect(|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn terminals_are_told_apart_by_their_environment() {
        assert_eq!(detect(&[]), Protocol::Blocks);
        assert_eq!(detect(&[("TERM", "xterm-256color")]), Protocol::Blocks);
        assert_eq!(detect(&[("KITTY_WINDOW_ID", "1"), ("TERM", "xterm-kitty")]), Protocol::Kitty);
        assert_eq!(detect(&[("TERM_PROGRAM", "iTerm.app")]), Protocol::Iterm);
        assert_eq!(detect(&[("TERM_PROGRAM", "WezTerm")]), Protocol::Iterm);
        assert_eq!(detect(&[("TERM", "foot-extra")]), Protocol::Sixel);
        assert_eq!(detect(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/tmux")]), Protocol::Blocks);
        assert_eq!(detect(&[("TERM", "screen.xterm-256color")]), Protocol::Blocks);
    }

    #[test]
    fn kitty_gets_whole_chunks_that_join_to_the_png() {
        let png: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();
        let out = kitty(&png, 60);
        let chunks: Vec<&str> = out.trim_end().trim_end_matches("\x1b\\").split("\x1b\\").collect();
        assert_eq!(chunks.len(), 4);
        assert!(chunks[0].starts_with("\x1b_Ga=T,f=100,q=2,c=60,m=1;"));
        assert!(chunks[3].starts_with("\x1b_Gm=0;"));
        let data: Vec<u8> = chunks
            .iter()
            .filter_map(|c| c.split_once(';'))
            .flat_map(|(_, data)| STANDARD.decode(data).unwrap())
            .collect();
        assert_eq!(data, png);
    }

    #[test]
    fn iterm_names_size_and_width() {
        assert_eq!(
            iterm(b"abc", 40),
            "\x1b]1337;File=inline=1;size=3;width=40;preserveAspectRatio=1:YWJj\x07\n"
        );
    }

    #[test]
    fn what_is_no_png_gives_no_sixel() {
        assert_eq!(encode(Protocol::Sixel, b"no png", 40), None);
        assert_eq!(encode(Protocol::Blocks, b"", 40), None);
    }
}
