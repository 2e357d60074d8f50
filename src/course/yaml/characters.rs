//! What the text of a file may be made of.

use crate::course::{Place, Problem};
use crate::report::{Text, text};

/// The bytes as text, or where the first wrong byte is.
pub fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        let before = String::from_utf8_lossy(&bytes[..at]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let byte = bytes.get(at).copied().unwrap_or_default();
        Problem::new(
            file,
            Place { line, column },
            text(
                format!("invalid UTF-8: byte 0x{byte:02x} at offset {at}"),
                format!("不是合法的 UTF-8：偏移 {at} 处的字节 0x{byte:02x}"),
            ),
            text("save the file as UTF-8", "请把文件存为 UTF-8"),
        )
    })
}

/// Refuses what could deceive the reader or the terminal, and tabs in indentation.
pub fn characters(file: &str, content: &str) -> Result<(), Problem> {
    let (mut line, mut column, mut indentation) = (1, 1, true);
    for c in content.chars() {
        let problem = |what, mend| Err(Problem::new(file, Place { line, column }, what, mend));
        if c == '\t' && indentation {
            return problem(
                text("a tab in the indentation", "缩进里有制表符"),
                text("indent with spaces", "请用空格缩进"),
            );
        }
        if forbidden(c) {
            let (what, mend) = forbidden_words(c);
            return problem(what, mend);
        }
        indentation &= c == ' ';
        column += 1;
        if c == '\n' {
            (line, column, indentation) = (line + 1, 1, true);
        }
    }
    Ok(())
}

/// Control and escape characters, what turns the direction of writing, and rarely seen line ends.
pub fn forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
}

pub fn forbidden_words(c: char) -> (Text, Text) {
    let code = format!("U+{:04X}", u32::from(c));
    let what = if c == '\u{1b}' {
        text(format!("an escape character ({code})"), format!("转义字符（{code}）"))
    } else {
        text(
            format!("an invisible control character ({code})"),
            format!("不可见的控制字符（{code}）"),
        )
    };
    (what, text("remove it: lessons are plain text", "请删去：课程只能是纯文本"))
}
